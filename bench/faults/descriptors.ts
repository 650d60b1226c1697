/**
 * The fault that descriptors run out: the limit of the server's processes is lowered to a little
 * more than they have open, and every second more idle clients come than that. Linux, by `prlimit`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Outcomes } from './outcomes.ts';
import type { Fault } from './types.ts';

/** More than a server needs to go on with the clients it has: threads that start, duplicates. */
const SPARE_DESCRIPTORS = 200;
/** With four processes each gets more than is spare, too. */
const IDLE_CLIENTS = 1_200;

interface Limited {
  readonly pid: number;
  readonly soft: string;
  readonly hard: string;
}

/** The process and those below it. */
const processesBelow = (pid: number): number[] => {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processesBelow)];
};

const setLimit = (pid: number, soft: number | string, hard: string): void => {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:${hard}`]);
};

const lower = (pid: number): Limited => {
  const [, soft = '', hard = ''] =
    /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1')) ?? [];
  setLimit(pid, readdirSync(`/proc/${pid}/fd`).length + SPARE_DESCRIPTORS, hard);
  return { pid, soft, hard };
};

const restore = ({ pid, soft, hard }: Limited): void => {
  try {
    setLimit(pid, soft, hard);
  } catch {
    // It has ended.
  }
};

const open = (port: number, outcomes: Outcomes, onClose: (socket: Socket) => void): Socket => {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('connect', () => outcomes.add('connected'));
  socket.on('error', (error: NodeJS.ErrnoException) => outcomes.add(error.code ?? 'error'));
  return socket.resume().on('close', () => onClose(socket));
};

export const OUT_OF_DESCRIPTORS: Fault = {
  name: 'emfile',
  title: `The server has ${SPARE_DESCRIPTORS} descriptors left; every second ${IDLE_CLIENTS} idle clients come, and those of the second before leave`,
  brief: 'more clients come than there are descriptors',
  isOfTheApp: false,
  unavailable: () =>
    spawnSync('prlimit', ['--version']).status === 0 ? undefined : 'there is no prlimit (Debian: util-linux)',
  start: ({ port, pid }) => {
    const outcomes = new Outcomes();
    const limited = processesBelow(pid).map(lower);
    const sockets = new Set<Socket>();
    const clear = (): void => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    };
    const tick = (): void => {
      clear();
      for (let index = 0; index < IDLE_CLIENTS; index += 1) {
        sockets.add(open(port, outcomes, (socket) => void sockets.delete(socket)));
      }
    };
    const stop = async (): Promise<void> => {
      clear();
      limited.forEach(restore);
    };
    return { tick, stop, outcomes: () => outcomes.read() };
  },
};
