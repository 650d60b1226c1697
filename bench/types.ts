/**
 * What scenarios, rivals and loads say to each other. A rival knows how to serve an app with a
 * number of threads (or processes); a scenario knows which app, which contenders and which load;
 * `measure.ts` brings them together and knows nothing of either.
 */
import type { Summary } from '../test/helpers/percentiles.ts';

export interface ServerSetup {
  /** File URL of a module whose default export is a Node listener. */
  readonly appUrl: string;
  /** Threads, or processes where the rival has those. */
  readonly threads: number;
  readonly port: number;
}

export interface Rival {
  readonly name: string;
  /** Why it cannot run here, or undefined. */
  readonly unavailable: () => string | undefined;
  /** 1 if it can use one thread only. */
  readonly maxThreads: number;
  /** The program and its arguments. It serves on 127.0.0.1:port until SIGTERM. */
  readonly command: (setup: ServerSetup) => readonly [program: string, ...args: string[]];
}

export interface LoadReport {
  readonly requests: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly latencyMs: Summary;
  /** Of the light requests alone, where not all are. */
  readonly lightMs?: Summary;
  readonly errors: Readonly<Record<string, number>>;
  /** Requests that the least, and the most, served connection got through. */
  readonly smallestShare: number;
  readonly largestShare: number;
  /** CPU that the generator used, in cores: near 1 it is the bottleneck. */
  readonly generatorCores: number;
}

export interface Contender {
  readonly rival: string;
  readonly threads: number;
}

export interface Scenario {
  readonly name: string;
  /** One line: what is asked, of what, how. */
  readonly description: string;
  readonly app: string;
  readonly contenders: readonly Contender[];
  /** What every server must answer before it is timed. */
  readonly check: { readonly target: string; readonly body: string };
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly load: (port: number, seconds: number, round: number) => Promise<LoadReport>;
  /** Lines below the table, of something computed rather than measured. */
  readonly footnotes?: (seconds: number) => readonly string[];
}

export interface Measurement extends LoadReport {
  readonly requestsPerSecond: number;
  /** Of the server's whole process tree. */
  readonly cpuMicrosecondsPerRequest: number;
  readonly residentMegabytes: number;
}

export interface Row {
  readonly rival: string;
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
