/**
 * The constant load of the fault bench: light requests due at a fixed mean rate, whatever the
 * server does, on several hundred keep-alive connections; one that is lost is replaced at once. All
 * times count from when a request was due. In a process of its own.
 */
import { Random } from '../../test/helpers/random.ts';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import { scheduleArrivals, type Arrival } from '../load/arrivals.ts';
import { LightClient, type Over } from './light-client.ts';
import { summarisePhase, type Asked, type IdleLoss } from './light-report.ts';
import type { PhaseReport } from './types.ts';

export interface LightLoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly perSecond: number;
  /** Seconds of each phase. */
  readonly phases: readonly number[];
  /** When the first phase begins: `Date.now()` of whoever injects the faults. */
  readonly startAt: number;
  readonly seed: number;
}

/** Clients lose patience: longer than any standstill that is injected. */
export const GIVE_UP_AFTER_MS = 5_000;
/** Requests that await 100 ms: too few to be seen in a 95th percentile. */
const AWAIT_SHARE = 0.02;
/** Timers have whole milliseconds: so fine is the arrival of a request. */
const TICK_MS = 1;
/** A server that takes no connections is not asked at every turn. */
const RECONNECT_AFTER_MS = 100;

const bytesOf = (target: string): Buffer => Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);

class LightLoad {
  readonly #options: LightLoadOptions;
  readonly #random: Random;
  readonly #free: LightClient[] = [];
  readonly #open = new Set<LightClient>();
  readonly asked: Asked[] = [];
  readonly lost: IdleLoss[] = [];
  phase = 0;
  outstanding = 0;
  #isOver = false;

  constructor(options: LightLoadOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    for (let index = 0; index < options.connections; index += 1) this.#addSpare();
  }

  ask(arrival: Arrival, dueAt: number): void {
    const client = this.#takeFree() ?? this.#connect();
    const bytes = bytesOf(this.#random.chance(AWAIT_SHARE) ? '/await' : '/light');
    const lateMs = performance.now() - dueAt;
    this.outstanding += 1;
    client.ask(bytes, GIVE_UP_AFTER_MS, (answer) => {
      this.outstanding -= 1;
      const { phase, intoMs } = arrival;
      this.asked.push({ ...answer, phase, intoMs, tookMs: performance.now() - dueAt, lateMs });
      if (client.isFree) this.#putFree(client);
    });
  }

  end(): void {
    this.#isOver = true;
    for (const client of this.#open) client.destroy();
  }

  #connect(onConnect?: () => void): LightClient {
    const client: LightClient = new LightClient(
      this.#options.port,
      (how, wasIdle) => this.#onOver(client, how, wasIdle),
      onConnect,
    );
    this.#open.add(client);
    return client;
  }

  /** One that waits for a request. */
  #addSpare(): void {
    const client = this.#connect(() => this.#putFree(client));
  }

  #putFree(client: LightClient): void {
    // Some were opened because all were busy; they go again.
    if (this.#free.length >= this.#options.connections) client.destroy();
    else this.#free.push(client);
  }

  /** Any of the free ones: always the last used would keep few connections hot, and the others unseen. */
  #takeFree(): LightClient | undefined {
    const at = this.#random.integer(0, Math.max(0, this.#free.length - 1));
    const taken = this.#free[at];
    const last = this.#free.pop();
    if (taken !== undefined && last !== undefined && taken !== last) this.#free[at] = last;
    return taken;
  }

  #onOver(client: LightClient, how: Over, wasIdle: boolean): void {
    this.#open.delete(client);
    const at = this.#free.indexOf(client);
    if (at !== -1) this.#free.splice(at, 1);
    if (this.#isOver || how === 'own') return;
    if (wasIdle && (how === 'reset' || how === 'closed')) this.lost.push({ phase: this.phase, how });
    setTimeout(
      () => {
        if (!this.#isOver && this.#open.size < this.#options.connections) this.#addSpare();
      },
      how === 'unconnected' ? RECONNECT_AFTER_MS : 0,
    );
  }
}

export const runLightLoad = async (options: LightLoadOptions): Promise<PhaseReport[]> => {
  const { phases, perSecond, startAt, seed } = options;
  const arrivals = scheduleArrivals(
    phases.map((seconds) => ({ perSecond, seconds })),
    seed,
  );
  const load = new LightLoad(options);
  const start = performance.now() + (startAt - Date.now());
  for (let next = 0; next < arrivals.length || load.outstanding > 0;) {
    const now = performance.now() - start;
    for (let due = arrivals[next]; due !== undefined && due.atMs <= now; due = arrivals[next]) {
      load.phase = due.phase;
      load.ask(due, start + due.atMs);
      next += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  load.end();
  return phases.map((seconds, phase) =>
    summarisePhase({ phase, seconds, giveUpAfterMs: GIVE_UP_AFTER_MS }, load.asked, load.lost),
  );
};

export const runLightLoadApart = (options: LightLoadOptions): Promise<PhaseReport[]> =>
  runInProcess(import.meta.url, runLightLoad, options);
