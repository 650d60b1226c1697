/**
 * Many connections that have had one answer each and then say nothing, and one client that goes on
 * asking. What the idle ones cost is read from the server's /proc while they are there. In a
 * process of its own.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import { readTreeUsage } from '../process-tree.ts';
import type { LoadReport } from '../types.ts';
import { requestBytes, runClosedLoop, type ClosedLoopOptions } from './closed-loop.ts';
import { learnLength } from './learn-length.ts';

export interface IdleOptions extends ClosedLoopOptions {
  readonly serverPid: number;
  readonly idleConnections: number;
}

/** So many are opened at a time: below every server's listen backlog. */
const BATCH = 200;

/** A third of the descriptors this process may have (a server may need two for a connection), at most `wanted`. */
export const idleConnectionCount = (wanted: number): number => {
  const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return soft === undefined ? wanted : Math.min(wanted, Math.floor(Number(soft) / 3));
};

const openIdle = (port: number, bytes: Buffer, length: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    let received = 0;
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes));
    socket.on('data', (data) => {
      received += data.length;
      if (received === length) resolve(socket);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('Closed while it was idle')));
  });

export const runIdle = async (options: IdleOptions): Promise<LoadReport> => {
  const bytes = requestBytes(options);
  const length = await learnLength(options.port, bytes);
  const before = readTreeUsage(options.serverPid);
  const idle: Socket[] = [];
  while (idle.length < options.idleConnections) {
    const count = Math.min(BATCH, options.idleConnections - idle.length);
    idle.push(...(await Promise.all(Array.from({ length: count }, () => openIdle(options.port, bytes, length)))));
  }
  const report = await runClosedLoop(options);
  const after = readTreeUsage(options.serverPid);
  const cut = idle.filter((socket) => socket.destroyed).length;
  for (const socket of idle) socket.destroy();
  const grownMegabytes = after.memory.residentMegabytes - before.memory.residentMegabytes;
  return {
    ...report,
    errors: { ...report.errors, idleCut: cut },
    figures: {
      idleConnections: idle.length,
      residentMegabytes: after.memory.residentMegabytes,
      kilobytesEach: (grownMegabytes * 1024) / idle.length,
    },
  };
};

export const runIdleApart = (options: IdleOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runIdle, options);
