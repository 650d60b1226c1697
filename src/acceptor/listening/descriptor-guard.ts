/**
 * Keeps a reserve of free descriptors. When it is touched accepting pauses (clients wait in the
 * system's queue), idle connections go, and accepting goes on by itself when there is room. An
 * accept that fails for want of descriptors, the process's or the machine's, does the same: it is
 * the second net. Main thread.
 */
import { getSystemErrorName } from 'node:util';
import { nowMs } from '../../shared/clock.ts';
import type { LogFields, LogLevel } from '../../shared/messages.ts';
import type { Connections } from '../connections.ts';
import { comfortOf, countOpenDescriptors, reserveOf } from './descriptor-reserve.ts';
import { countFresh, makeRoom } from './idle-connections.ts';
import type { Libc } from '../libc.ts';
import type { AcceptWatch, Listener } from './listener.ts';

/** How often it looks whether there is room again. */
const LOOK_EVERY_MS = 100;
/** A shortage that comes back so soon after the last one is the same one: it is not told of again. */
const SAME_SHORTAGE_MS = 10_000;

/** A connection's own, and the one that threads write on. */
const DESCRIPTORS_EACH = 2;
/** It counts no more often than every 16 accepts: on old systems counting takes milliseconds, and the reserve has room for so many. */
const LEAST_BUDGET = 32;

interface FreeDescriptors {
  readonly limit: number;
  readonly count: number;
  readonly reserve: number;
}

export interface DescriptorGuardParts {
  readonly libc: Pick<Libc, 'descriptorLimit' | 'hasUnread'>;
  readonly listener: Pick<Listener, 'pause' | 'resume' | 'isPaused' | 'heldCount' | 'watch'>;
  readonly connections: Connections;
  readonly log: (level: LogLevel, fields: LogFields, message: string) => void;
}

export class DescriptorGuard implements AcceptWatch {
  readonly #parts: DescriptorGuardParts;
  readonly #freeAtStart: number;
  /** The system gives the lowest free number: one that reaches this says that all below are in use, without counting. */
  #alarmNumber = 0;
  /** What accepts may use until the next count. */
  #budget = 0;
  #timer: NodeJS.Timeout | undefined;
  #pausedAt = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isTold = false;
  #closed = 0;

  constructor(parts: DescriptorGuardParts) {
    this.#parts = parts;
    this.#freeAtStart = parts.libc.descriptorLimit() - (countOpenDescriptors() ?? 0);
    this.#setBudget(this.#countFree());
    parts.listener.watch(this);
  }

  whenAccepted(descriptor: number): void {
    this.#budget -= DESCRIPTORS_EACH;
    if (this.#budget > 0 && descriptor < this.#alarmNumber) return;
    const free = this.#countFree();
    if (free.count < free.reserve || descriptor >= this.#alarmNumber) this.#pause('reserve');
    else this.#setBudget(free);
  }

  whenFailed(error: number): void {
    const code = error < 0 ? getSystemErrorName(error) : '';
    if (code === 'EMFILE' || code === 'ENFILE') this.#pause(code);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Less what the connections that are there will need. Where the system does not tell: as if all were free. */
  #countFree(): FreeDescriptors {
    const { libc, listener, connections } = this.#parts;
    const limit = libc.descriptorLimit();
    const count = limit - (countOpenDescriptors() ?? 0) - countFresh(connections) - listener.heldCount;
    return { limit, count, reserve: reserveOf(limit, this.#freeAtStart) };
  }

  #setBudget({ limit, count, reserve }: FreeDescriptors): void {
    this.#alarmNumber = limit - reserve;
    this.#budget = Math.max(LEAST_BUDGET, count - reserve);
  }

  #pause(cause: string): void {
    const { listener, connections, log } = this.#parts;
    const isNew = !listener.isPaused;
    if (!listener.pause() || !isNew) return;
    connections.counters.acceptPauses += 1;
    const now = nowMs();
    this.#pausedAt = now;
    this.#closed = 0;
    this.#isTold = now - this.#toldAt > SAME_SHORTAGE_MS;
    this.#toldAt = now;
    if (this.#isTold) {
      const { limit, reserve } = this.#countFree();
      const fields = { cause, limit, reserve, connections: connections.table.size };
      log('warn', fields, 'descriptors run short: connections wait in the system queue until some are free');
    }
    // Not now: this is within an accept, and what it closes is counted on a later turn.
    this.#lookLater();
  }

  #lookLater(): void {
    this.#timer ??= setTimeout(() => this.#look(), LOOK_EVERY_MS).unref();
    this.#timer.refresh();
  }

  #look(): void {
    const { libc, listener, connections, log } = this.#parts;
    const free = this.#countFree();
    const comfort = comfortOf(free.reserve);
    const now = nowMs();
    if (free.count < comfort) {
      this.#closed += makeRoom(connections, libc, Math.min(comfort - free.count, comfort), now);
    } else if (listener.resume()) {
      this.#setBudget(free);
      const fields = { pausedMs: Math.round(now - this.#pausedAt), closed: this.#closed };
      if (this.#isTold) log('info', fields, 'accepts again');
      return;
    }
    this.#lookLater();
  }
}
