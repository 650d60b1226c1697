/** The words of the fault bench: what is done to a server, and what became of the requests meanwhile. */
import type { Summary } from '../../test/helpers/percentiles.ts';
import type { Rival } from '../types.ts';

/** How a request ended. `cut`: its reply had begun. `unconnected`: no connection could be made for it. */
export type Ending = 'answered' | 'reset' | 'closed' | 'cut' | 'given-up' | 'unconnected';

/** Of one phase of the load: without a fault, with it, after it. */
export interface PhaseReport {
  readonly sent: number;
  /** By status; replies that the server gave for a dead or late handler as `503 thread_failed`. */
  readonly answered: Readonly<Record<string, number>>;
  /** Without a byte of a reply. */
  readonly unanswered: Readonly<Record<'reset' | 'closed' | 'given-up' | 'unconnected', number>>;
  readonly cutInReply: number;
  /** Keep-alive connections that ended between requests, unannounced. */
  readonly idleLost: Readonly<Record<'reset' | 'closed', number>>;
  /** Of the 200s: share of all that were sent, and times from when they were due. */
  readonly untouchedShare: number;
  readonly untouchedMs: Summary;
  /** 95th percentile of the 200s that were due in each second. */
  readonly windowP95Ms: readonly number[];
  /** Their median. */
  readonly p95Ms: number;
  /** How late the generator itself was, 95th percentile: what is measured where this is much, is the machine. */
  readonly sentLateP95Ms: number;
}

export interface FaultTarget {
  readonly port: number;
  /** Of the server's first process. */
  readonly pid: number;
  readonly seconds: number;
  readonly contender: FaultContender;
}

/** A fault that is going on. */
export interface Injection {
  /** Called every second. */
  tick(): void;
  /** Resolves when what it did is undone. */
  stop(): Promise<void>;
  /** What became of its own requests and connections, counted by how they ended. */
  outcomes(): Readonly<Record<string, number>>;
}

export interface Fault {
  readonly name: string;
  /** What is done: a sentence without its full stop. */
  readonly title: string;
  /** The same in a few words, for a table. */
  readonly brief: string;
  /** Whether the threads of the app fail, so that no client may lose a connection. */
  readonly isOfTheApp: boolean;
  /** Why it cannot be done here, or undefined. */
  readonly unavailable?: () => string | undefined;
  /** What hyperion is told beyond its defaults. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly start: (target: FaultTarget) => Injection;
}

export interface FaultContender extends Rival {
  /** What makes it load its app anew without a stop; undefined: it cannot. */
  readonly reloadSignal: NodeJS.Signals | undefined;
}

export interface FaultResult {
  readonly fault: string;
  readonly contender: string;
  readonly quiet: PhaseReport;
  readonly faulty: PhaseReport;
  readonly after: PhaseReport;
  readonly outcomes: Readonly<Record<string, number>>;
  /** The whole server has ended. */
  readonly hasDied: boolean;
}
