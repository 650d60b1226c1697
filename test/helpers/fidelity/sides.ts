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
}

/** No line and no byte for so long: the scenario is over. */
const QUIET_MS = 40;
/** When a scenario's log never becomes complete it is taken as it is after this time. */
const LIMIT_MS = 1500;

const DATE = /Date: [^\r]+/g;

class Run {
  readonly log: string[] = [];
  readonly #reached = new Set<string>();
  readonly #waiting = new Set<() => void>();
  changedAt = Date.now();

  changed = (): void => {
    this.changedAt = Date.now();
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
      extraHeaders,
      changed: run.changed,
      tell: (what) => this.#post({ type: 'told', name, what }),
      reaches: (place) => run.reaches(place),
    };
    const client = new Client(link, scenario.request ?? {});
    try {
      if (scenario.client === undefined) await client.request();
      else await scenario.client(client);
    } catch (error) {
      run.line(`client ${String(error)}`);
    }
    const limit = Date.now() + LIMIT_MS * Math.min(patience, 2);
    while (Date.now() < limit) {
      if (isComplete(scenario, run.log) && Date.now() - run.changedAt >= QUIET_MS * patience) break;
      await sleep(5);
    }
    const observation = {
      wire: client.connections.map((connection) => connection.describe().replace(DATE, 'Date: now')),
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
    if (message.type === 'listening') this.#ports.get(message.name)?.(message.port);
    if (message.type === 'line') this.#runs.get(message.name)?.line(message.line);
    if (message.type === 'reached') this.#runs.get(message.name)?.reach(message.place);
  }
}
