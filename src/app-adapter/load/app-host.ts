/**
 * What the app adapter is told about the server around it, and how it speaks to people: records go
 * to the main thread, which has the logger. Types only.
 */
import type { LogFields, LogLevel } from '../../shared/messages.ts';

export type ThreadLog = (level: LogLevel, fields: LogFields, message: string) => void;

/** The thread and the server that an app is loaded into. */
export interface AppHost {
  /** 0-based place in the pool. */
  readonly threadNumber: number;
  readonly threadCount: number;
  /** Where the server really listens; `path` wins. The app's own `listen()` is told this address. */
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
  /** Longest time from the import to a usable app; 0 is no limit. */
  readonly appLoadTimeoutMs: number;
  /** One line for the operator, e.g. that the app's own port is not opened. */
  notice(message: string): void;
  log(level: LogLevel, fields: LogFields, message: string): void;
}
