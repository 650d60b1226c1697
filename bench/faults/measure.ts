/**
 * One fault at one server: started anew, loaded without the fault, with it, and after it. In: who,
 * what, how long. Out: what became of the requests of each phase.
 */
import { BENCH_URL } from '../installed.ts';
import { findFreePort, startServer } from '../server-process.ts';
import type { ServerSetup } from '../types.ts';
import { runLightLoadApart } from './light-load.ts';
import type { Fault, FaultContender, FaultResult } from './types.ts';

export interface MeasureFaultOptions {
  readonly node: string;
  readonly hyperionUrl: string;
  readonly seconds: number;
  readonly perSecond: number;
  readonly connections: number;
  readonly threads: number;
}

const APP_URL = new URL('faults/app.mjs', BENCH_URL).href;
/** The same arrivals for all. */
const SEED = 20;
/** In which the generator starts and connects. */
const LEAD_MS = 1_500;
const WARM_UP_SECONDS = 2;
/** The fault-free value needs some windows, not as many. */
const QUIET_SHARE = 1 / 3;
const SHORTEST_QUIET_SECONDS = 3;
const AFTER_SECONDS = 3;
/** Nobody is cut for being idle. */
const KEEP_ALIVE_MS = 600_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const inject = async (
  fault: Fault,
  target: Parameters<Fault['start']>[0],
  from: number,
): Promise<FaultResult['outcomes']> => {
  await pause(from - Date.now());
  const injection = fault.start(target);
  for (let second = 0; second < target.seconds; second += 1) {
    await pause(from + second * 1000 - Date.now());
    injection.tick();
  }
  await pause(from + target.seconds * 1000 - Date.now());
  await injection.stop();
  return injection.outcomes();
};

export const measureFault = async (
  contender: FaultContender,
  fault: Fault,
  options: MeasureFaultOptions,
): Promise<FaultResult> => {
  const { seconds, threads, perSecond, connections } = options;
  const port = await findFreePort();
  const setup: ServerSetup = {
    appUrl: APP_URL,
    threads,
    port,
    keepAliveMs: KEEP_ALIVE_MS,
    hyperionUrl: options.hyperionUrl,
    loopsPerMs: 0,
    settings: fault.settings ?? {},
  };
  const check = { target: '/light', body: 'light\n' };
  const server = await startServer(contender.launch(setup), port, setup, check, options.node);
  try {
    const quietSeconds = Math.max(SHORTEST_QUIET_SECONDS, Math.round(seconds * QUIET_SHARE));
    const startAt = Date.now() + LEAD_MS;
    const phases = [WARM_UP_SECONDS, quietSeconds, seconds, AFTER_SECONDS];
    const target = { port, pid: server.pid, seconds, contender };
    const [reports, outcomes] = await Promise.all([
      runLightLoadApart({ port, connections, perSecond, phases, startAt, seed: SEED }),
      inject(fault, target, startAt + (WARM_UP_SECONDS + quietSeconds) * 1000),
    ]);
    const [, quiet, faulty, after] = reports;
    if (quiet === undefined || faulty === undefined || after === undefined) throw new Error('The load has no report');
    const names = { fault: fault.name, contender: contender.name };
    return { ...names, quiet, faulty, after, outcomes, hasDied: !isAlive(server.pid) };
  } finally {
    await server.stop();
  }
};
