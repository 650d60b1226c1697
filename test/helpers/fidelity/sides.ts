/**
 * The sides that are compared, as the test's main thread sees them: start one, run a scenario's
 * client against it, and get what there was to see.
 */
import { BroadcastChannel, Worker } from 'node:worker_threads';
import { Client, type HostLink } from './client.ts';
import { type FromHost, type ToHost, channelName } from './messages.ts';
import type { Scenario } from './scenario.ts';

/** What a run of a scenario showed. */
export interface Observation {
  /** One entry for each connection: what it received and how it stands. */
  readonly wire: readonly string[];
  readonly log: readonly string[];
}

export interface Observer {
  /** `patience`: how much longer than usual to wait for something more to happen. */
  observe(scenario: Scenario, extraHeaders?: readonly string[], patience?: number): Promise<Observation>;
  /** The scenario is not observed again. */
  release?(scenario: Scenario): Promise<void>;
}

/** No line and no byte for so many steps: the scenario is over. */
const QUIET_STEPS = 8;
const STEP_MS = 5;
/** When a scenario's log never becomes complete it is taken as it is after this time. */
const LIMIT_MS = 2000;
/** A second look waits longer, but less than node's keep-alive time-out: that would be an event of its own. */
const LONG_LIMIT_MS = 4500;

let runs = 0;

class Run {
  readonly number = (runs += 1);
  readonly log: string[] = [];
  readonly #reached = new Set<string>();
  readonly #waiting = new Set<() => void>();
  changes = 0;

  changed = (): void => {
    this.changes += 1;
  };

  line(line: string): void {
    this.log.push(line);
    this.changed();
  }

  reach(place: string): void {
    this.#reached.add(place);
    for (const wake of this.#waiting) wake();
  }

  async reaches(place: string): Promise<void> {
    while (!this.#reached.has(place)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }
}

const isComplete = (scenario: Scenario, log: readonly string[]): boolean => {
  if (scenario.until !== undefined)
    return scenario.until.every((wanted) => log.some((line) => line.startsWith(wanted)));
  const exchanges = scenario.exchanges ?? 1;
  for (let number = 1; number <= exchanges; number += 1) {
    if (!log.some((line) => line.startsWith(`req${number} 'close'`))) return false;
    if (!log.some((line) => line.startsWith(`res${number} 'close'`))) return false;
  }
  return true;
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Side implements Observer {
  readonly name: string;
  readonly #channel: BroadcastChannel;
  readonly #runs = new Map<string, Run>();
  readonly #ports = new Map<string, (port: number) => void>();
  readonly #loaded: Promise<void>;
  readonly #fixedPort: number | undefined;
  #end: () => Promise<unknown> = async () => {};

  /** `fixedPort`: all scenarios are served on it, by path; else each gets a port from the side's host. */
  constructor(name: string, fixedPort?: number) {
    this.name = name;
    this.#fixedPort = fixedPort;
    this.#channel = new BroadcastChannel(channelName(name));
    this.#loaded = new Promise((resolve) => {
      this.#channel.onmessage = (event) => {
        const message = (event as { data: FromHost }).data;
        if (message.type === 'loaded') resolve();
        else this.#receive(message);
      };
    });
  }

  /** A side in a thread of its own: plain node:http, or `serveRequest` in one thread. */
  static async startHost(name: 'plain' | 'in-process'): Promise<Side> {
    const side = new Side(name);
    const worker = new Worker(new URL('./host.js', import.meta.url), { workerData: { side: name } });
    side.#end = () => worker.terminate();
    await Promise.race([
      side.#loaded,
      new Promise<never>((_, reject) => {
        worker.once('error', reject);
      }),
    ]);
    return side;
  }

  async close(): Promise<void> {
    this.#channel.close();
    await this.#end();
  }

  async observe(scenario: Scenario, extraHeaders: readonly string[] = [], patience = 1): Promise<Observation> {
    const run = new Run();
    const { name } = scenario;
    this.#runs.set(name, run);
    const listening = await this.#listen(name);
    const port = this.#fixedPort ?? listening;
    const link: HostLink = {
      port,
      name,
      run: run.number,
      extraHeaders,
      bodiesComeLater: extraHeaders.length > 0,
      changed: run.changed,
      tell: (what) => this.#post({ type: 'told', run: run.number, what }),
      reaches: (place) => run.reaches(place),
    };
    const client = new Client(link, scenario.request ?? {});
    try {
      if (scenario.client === undefined) await client.request();
      else await scenario.client(client);
    } catch (error) {
      run.line(`client ${String(error)}`);
    }
    const limit = Date.now() + (patience > 1 ? LONG_LIMIT_MS : LIMIT_MS);
    // In steps, each a turn of the loop: time alone may pass while this thread is busy and hears nothing.
    for (let quietSteps = 0; Date.now() < limit && quietSteps < QUIET_STEPS * patience; quietSteps += 1) {
      const { changes } = run;
      await sleep(STEP_MS);
      if (run.changes !== changes || !isComplete(scenario, run.log)) quietSteps = -1;
    }
    const observation = {
      wire: client.connections.map((connection) => connection.describe()),
      log: [...run.log],
    };
    this.#runs.delete(name);
    this.#post({ type: 'stop', name });
    client.destroy();
    return observation;
  }

  #listen(name: string): Promise<number> {
    return new Promise((resolve) => {
      this.#ports.set(name, resolve);
      this.#post({ type: 'start', name });
    });
  }

  #post(message: ToHost): void {
    this.#channel.postMessage(message);
  }

  #receive(message: Exclude<FromHost, { type: 'loaded' }>): void {
    if (message.type === 'listening') {
      this.#ports.get(message.name)?.(message.port);
      return;
    }
    const run = this.#runs.get(message.name);
    // What still comes of an earlier run, whose clients have gone, is not this one's.
    if (message.run !== run?.number) return;
    if (message.type === 'line') run.line(message.line);
    if (message.type === 'reached') run.reach(message.place);
  }
}
