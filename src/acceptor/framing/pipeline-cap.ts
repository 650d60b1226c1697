/**
 * `maxInFlightPerConnection`: a request that is more than a connection may have received and not
 * answered gets a 503 in its place, in order, and the connection lives on. Main thread.
 */
import { nowMs } from '../../shared/clock.ts';
import type { LogFields, LogLevel } from '../../shared/messages.ts';
import type { ResolvedOptions } from '../../shared/options/options.ts';
import { CONNECTION_BUSY } from '../../shared/replies.ts';
import type { Connection } from '../connection.ts';
import type { Connections } from '../connections.ts';
import { replyAndKeep } from '../endings/own-replies.ts';
import { Pipeline } from './pipeline.ts';

export interface PipelineCapParts {
  readonly options: ResolvedOptions;
  readonly connections: Connections;
  readonly log: (level: LogLevel, fields: LogFields, message: string) => void;
  /** The reply is flushed: goes on with what stands behind it. */
  readonly resume: (connection: Connection, now: number) => void;
}

export class PipelineCap {
  readonly #parts: PipelineCapParts;
  readonly #isOn: boolean;

  constructor(parts: PipelineCapParts) {
    this.#parts = parts;
    this.#isOn = parts.options.maxInFlightPerConnection !== 0;
  }

  /** Bytes were kept for later. For each such read: costs nothing where the option is off. */
  note(connection: Connection): void {
    if (this.#isOn && connection.buffer !== undefined) this.#note(connection);
  }

  /** The request that the buffer begins with, so many bytes, comes next. True: it must be refused. */
  mustRefuse({ pipeline }: Connection, bytes: number): boolean {
    return pipeline !== undefined && pipeline.take(bytes);
  }

  /** Answers the request in its place. */
  refuse(connection: Connection, now: number): void {
    const { connections, resume } = this.#parts;
    if (!connection.keepsAlive) {
      connections.refuse(connection, CONNECTION_BUSY, 'maxInFlightPerConnection', now);
      return;
    }
    connections.counters.refused.maxInFlightPerConnection += 1;
    replyAndKeep(connection, CONNECTION_BUSY, now, () => {
      if (connection.phase === 'replying') resume(connection, nowMs());
    });
    connections.lookLater(connection, now);
  }

  #note(connection: Connection): void {
    const { buffer, phase } = connection;
    const { options, log } = this.#parts;
    if (buffer === undefined) return;
    connection.pipeline ??= new Pipeline();
    const { pipeline } = connection;
    const isRunning = phase === 'lent' || phase === 'overflow';
    const refused = pipeline.note(buffer, isRunning ? 1 : 0, options);
    if (refused === 0 || pipeline.hasWarned) return;
    pipeline.hasWarned = true;
    log(
      'warn',
      { remoteAddress: connection.socket.remoteAddress, maxInFlightPerConnection: options.maxInFlightPerConnection },
      'a connection has more requests in flight than it may: further ones get 503',
    );
  }
}
