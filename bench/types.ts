/**
 * What scenarios, rivals and loads say to each other. A rival knows how to serve an app with a
 * number of threads (or processes); a scenario knows which app, which contenders and which load;
 * `measure.ts` brings them together and knows nothing of either.
 */
import type { Summary } from '../test/helpers/percentiles.ts';
import type { TreeUsage } from './process-tree.ts';

/** Also what the server's process finds in the environment variable BENCH_SETUP, as JSON. */
export interface ServerSetup {
  /** File URL of a module of `apps`: its default export is a Node listener; Bun takes its `fetch` and `routes`. */
  readonly appUrl: string;
  /** Threads, or processes where the rival has those. */
  readonly threads: number;
  readonly port: number;
  /** Of every server alike, so that no idle client is cut while it is measured. */
  readonly keepAliveMs: number;
  /** File URL of the `index.js` of the tree to measure; see `built-trees.ts`. */
  readonly hyperionUrl: string;
  /** Turns of the loop in `apps/work.mjs` that take a millisecond on this machine. */
  readonly loopsPerMs: number;
  /** What the contender sets beyond its rival's defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Launch {
  /** The program and its arguments; 'node' stands for the Node that was chosen. Serves 127.0.0.1:port until SIGTERM. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Rival {
  readonly name: string;
  /** Why it cannot run here on that version of Node (20, 24, ...), or undefined. */
  readonly unavailable: (nodeMajor: number) => string | undefined;
  readonly launch: (setup: ServerSetup) => Launch;
}

/** One offered load of an open loop. */
export interface LoadStep {
  readonly offeredPerSecond: number;
  /** 200s whose last byte came within the limit of the scenario, per second. */
  readonly goodPerSecond: number;
  readonly accepted: Summary;
  /** 503s. */
  readonly refused: Summary;
  /** All that got nothing: refused, or given up by their client, with the time until the client knew. */
  readonly unserved: Summary;
  readonly givenUpPerSecond: number;
}

export interface LoadReport {
  readonly requests: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly latencyMs: Summary;
  /** Of the light requests alone, where not all are. */
  readonly lightMs?: Summary;
  readonly errors: Readonly<Record<string, number>>;
  /** Requests that the least, and the most, served connection got through, where connections last. */
  readonly smallestShare?: number;
  readonly largestShare?: number;
  /** CPU that the generator used, in cores: near 1 it is the bottleneck. */
  readonly generatorCores: number;
  /** What only this scenario measures, by the names of its `figures`. */
  readonly figures?: Readonly<Record<string, number>>;
  readonly steps?: readonly LoadStep[];
}

export interface Contender {
  readonly rival: string;
  readonly threads: number;
  /** Default: the rival's name. */
  readonly label?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Passed to the load as it is. */
  readonly variant?: string;
}

export interface LoadTarget {
  readonly port: number;
  /** Of the server's first process. */
  readonly pid: number;
  readonly seconds: number;
  readonly round: number;
  readonly contender: Contender;
}

export interface Figure {
  readonly key: string;
  readonly title: string;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** One line: what is asked, of what, how. */
  readonly description: string;
  /** File name in `apps`. */
  readonly app: string;
  readonly contenders: readonly Contender[];
  /** What every server must answer before it is timed. */
  readonly check: { readonly target: string; readonly body: string };
  readonly seconds: number;
  /** 0: the scenario has a warm-up of its own. */
  readonly warmUpSeconds: number;
  /** Default 3. More where a small margin is claimed. */
  readonly rounds?: number;
  readonly keepAliveMs?: number;
  readonly load: (target: LoadTarget) => Promise<LoadReport>;
  /** The load of the warm-up, where `load` asks so seldom that code would not be compiled by its end. */
  readonly warmUp?: (target: LoadTarget) => Promise<unknown>;
  readonly figures?: readonly Figure[];
  /** Labels of contenders whose CPU per request and requests/s are set beside each other, round by round. */
  readonly ratios?: readonly (readonly [of: string, to: string])[];
  /** Lines below the table, of something computed rather than measured. */
  readonly footnotes?: (contenders: readonly Contender[]) => readonly string[];
  readonly charts: (result: ScenarioResult) => readonly Chart[];
}

export interface Chart {
  /** File name without its ending. */
  readonly name: string;
  /** What a reader who cannot see it should know. */
  readonly alternative: string;
  readonly svg: string;
}

export interface Measurement extends LoadReport {
  readonly requestsPerSecond: number;
  /** Of the server's whole process tree. */
  readonly cpuMicrosecondsPerRequest: number;
  readonly memory: TreeUsage['memory'];
}

export interface Row {
  readonly rival: string;
  readonly label: string;
  readonly threads: number;
  readonly rounds: readonly Measurement[];
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly description: string;
  readonly rows: readonly Row[];
  /** Rivals that cannot run here, and why. */
  readonly skipped: readonly string[];
  /** Contenders that were to run and did not. */
  readonly failures: readonly string[];
  readonly footnotes: readonly string[];
}
