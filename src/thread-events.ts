/**
 * What threads say and what becomes of them, on its way between the pool, the acceptor and the log.
 * Main thread; wired by `server.ts`.
 */
import type { Acceptor } from './acceptor/acceptor.ts';
import type { LateRequest } from './acceptor/endings/late-handlers.ts';
import { inodeOf } from './acceptor/endings/settlement.ts';
import type { Route } from './acceptor/framing/request-line.ts';
import type { Libc } from './acceptor/libc.ts';
import type { ThreadBell, ThreadExit, ThreadPool } from './pool/thread-pool.ts';
import type { Memory } from './shared/memory/cells.ts';
import type { Layout } from './shared/memory/layout.ts';
import { forgetUpgraded } from './shared/memory/thread-line.ts';
import type { FromThread, LogFields, LogLevel } from './shared/messages.ts';

export interface ThreadEventsParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly libc: Libc;
  /** Asked for late: both of them are made with this. */
  readonly acceptor: () => Acceptor;
  readonly pool: () => ThreadPool | undefined;
  readonly log: (level: LogLevel, fields: LogFields, message: string) => void;
}

export class ThreadEvents {
  readonly #parts: ThreadEventsParts;

  constructor(parts: ThreadEventsParts) {
    this.#parts = parts;
  }

  whenTold(line: number, message: FromThread): void {
    const { loanEnds, lateHandlers } = this.#parts.acceptor();
    switch (message.type) {
      case 'need-duplicate':
        loanEnds.duplicateFor(line, message.slot, message.generation);
        return;
      case 'close-if-idle':
        loanEnds.closeIfIdle(message.slot, message.generation);
        return;
      case 'handler-late': {
        const { type: _, ...late } = message;
        lateHandlers.noteLent({ line, ...late });
        return;
      }
      case 'log':
        this.#parts.log(message.level, message.fields, message.message);
        return;
      default:
    }
  }

  whenLate({ line, method, path, ranMs, outcome }: LateRequest): void {
    const thread = this.#threadOf(line)?.threadNumber;
    this.#parts.log(
      'warn',
      { thread, method, path, ranMs: Math.round(ranMs), outcome },
      outcome === '504' ? 'a handler took too long: answered 504' : 'a handler took too long: its reply was cut',
    );
  }

  whenWornOut(line: number, abandoned: number): void {
    const thread = this.#threadOf(line);
    if (thread?.state === 'serving') this.#parts.pool()?.recycle(thread.threadNumber, 'abandoned', { abandoned });
  }

  /** From outside: the thread itself runs nothing of ours any more. */
  whenHeld(line: number, heldMs: number, { method, path }: Route): void {
    const thread = this.#threadOf(line)?.threadNumber;
    if (thread === undefined) return;
    const fields = { thread, heldMs: Math.round(heldMs), method, path };
    this.#parts.log('error', fields, 'a thread is held, most likely by this request, and is ended');
    this.#parts.pool()?.terminateLine(line);
  }

  whenExited(line: number, { readEnd, writeEnd }: ThreadBell, exit: ThreadExit): void {
    const { memory, layout, libc, acceptor, log } = this.#parts;
    const { bells } = acceptor();
    bells.remove(line);
    // By number alone it may be another file by now; both ends of a pipe have one inode.
    if (inodeOf(readEnd) === inodeOf(writeEnd)) libc.close(readEnd);
    libc.close(writeEnd);
    const { replied, cut } = acceptor().settle(line);
    forgetUpgraded(memory, layout, line);
    const { threadNumber, error, restartPauseMs, retired } = exit;
    const fields = { thread: threadNumber, err: error, replied, cut };
    if (restartPauseMs !== undefined) {
      log('error', { ...fields, restartPauseMs }, 'a thread ended and is replaced');
    } else if (retired !== undefined && replied + cut > 0) {
      log('warn', fields, 'a thread that was replaced ended before its requests had');
    }
  }

  #threadOf(line: number): { readonly threadNumber: number; readonly state: string } | undefined {
    for (const thread of this.#parts.pool()?.threads ?? []) if (thread.line === line) return thread;
    return undefined;
  }
}
