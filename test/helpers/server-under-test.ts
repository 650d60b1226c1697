/**
 * Starts a server for a behaviour test and tells whether it has come to rest: nothing waits, runs
 * or is lent, no connection is open, and as many descriptors are open as before. The acceptor runs
 * in the test's process (its main thread), clients in processes of their own.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Server } from '../../src/server.ts';
import type { ServerOptions } from '../../src/shared/options/options.ts';
import { runNumberedClientApart } from './numbered-client.ts';
import { descriptorsOfIdleThread, liveThreads } from './threads.ts';

export interface ServerUnderTest {
  readonly server: Server;
  readonly port: number;
  /** Resolves when the server is at rest; throws, with what is not, if it does not come to rest. */
  atRest(): Promise<void>;
}

/** Idle write descriptors are closed by a sweep after a second; dead threads are replaced meanwhile. */
const REST_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 20;

export const fixtureUrl = (name: string): string => new URL(`../../../test/fixtures/${name}`, import.meta.url).href;

/** What the open descriptors of this process name, sorted; pipes and sockets without their numbers. */
export const openDescriptors = (): string[] =>
  readdirSync('/proc/self/fd')
    .flatMap((name) => {
      try {
        return [readlinkSync(`/proc/self/fd/${name}`).replace(/\[\d+\]/, '')];
      } catch {
        // The one of the listing itself has gone.
        return [];
      }
    })
    .sort();

/** `moreThreads`: idle threads that are there now and were not before; the pool keeps one spare after a death. */
const differences = (
  before: readonly string[],
  now: readonly string[],
  moreThreads: number,
  ofThread: readonly string[],
): string => {
  const counts = new Map<string, number>();
  const add = (names: readonly string[], change: number): void => {
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + change);
  };
  add(now, 1);
  add(before, -1);
  add(ofThread, -moreThreads);
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count > 0 ? '+' : ''}${count} ${name}`)
    .join(', ');
};

/** Looks until it is so. Throws what `describe` says if that takes too long. */
export const untilSo = async (isSo: () => boolean, describe: () => string, withinMs: number): Promise<void> => {
  const deadline = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(describe());
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
};

export const startServer = async (fixture: string, options: Partial<ServerOptions> = {}): Promise<ServerUnderTest> => {
  const server = new Server({ app: fixtureUrl(fixture), port: 0, threadCount: 2, logLevel: 'silent', ...options });
  await server.start();
  const { port } = server.address() as AddressInfo;
  const ofThread = await descriptorsOfIdleThread(openDescriptors);
  const threadsBefore = liveThreads().length;
  const before = openDescriptors();
  const difference = (): string => {
    const moreThreads = liveThreads().length - threadsBefore;
    if (Math.abs(moreThreads) > 1) return `${moreThreads} threads more`;
    return differences(before, openDescriptors(), moreThreads, ofThread);
  };
  const busy = (): string => {
    const { pending, running, lent, connections } = server.stats();
    const counts = Object.entries({ pending, running, lent, connections }).filter(([, count]) => count !== 0);
    return [...counts.map(([name, count]) => `${name} ${count}`), difference()].filter(Boolean).join(', ');
  };
  const atRest = (): Promise<void> =>
    untilSo(
      () => busy() === '',
      () => `Not at rest: ${busy()}`,
      REST_WITHIN_MS,
    );
  return { server, port, atRest };
};

/** Whether a short load on `fixtures/numbered.mjs` runs without a fault. Undefined, or the first faults. */
export const faultsOfShortLoad = async (port: number, seed: number): Promise<readonly string[]> => {
  const report = await runNumberedClientApart({ port, requests: 300, connections: 16, seed });
  return report.failures;
};
