/**
 * Finds threads that something holds: an endless loop, a regular expression that never ends, a
 * blocking call. A timer of each thread writes the time of its beats; a beat that is too long ago
 * says that the thread's event loop stands still. Main thread, and only where handlers have a time
 * limit: a thread is held when it stands still for as long as a handler may take.
 */
import type { Memory } from '../../shared/memory/cells.ts';
import { nowMs } from '../../shared/clock.ts';
import type { Layout } from '../../shared/memory/layout.ts';
import { beatEveryMs, heldAfterMs, lastBeatOf } from '../../shared/memory/thread-line.ts';

export type BeatVerdict =
  /** Its event loop turns, as far as is known. */
  | 'alive'
  /** It stands still; or this whole process did, and the thread has not had its turn yet: look again. */
  | 'suspect'
  | 'held';

/**
 * What a thread's last beat says, when the look before this one saw `suspectedBeat` (undefined: it
 * suspected nothing). Pure. Two looks, because after a stall of the whole process all beats are old.
 */
export function judgeBeat(
  lastBeat: number | undefined,
  suspectedBeat: number | undefined,
  limitMs: number,
  now: number,
): BeatVerdict {
  if (lastBeat === undefined || now - lastBeat < limitMs) return 'alive';
  // The cell holds whole milliseconds, and is compared with itself.
  return suspectedBeat !== undefined && Math.abs(lastBeat - suspectedBeat) < 1 ? 'held' : 'suspect';
}

export interface ThreadWatchParts {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly handlerTimeoutMs: number;
  /** The line's thread has stood still for so long. Called once for each thread. */
  readonly whenHeld: (line: number, heldMs: number, now: number) => void;
}

export class ThreadWatch {
  readonly #parts: ThreadWatchParts;
  readonly #limitMs: number;
  /** By line. */
  readonly #suspected: (number | undefined)[] = [];
  readonly #held = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ThreadWatchParts) {
    this.#parts = parts;
    const { handlerTimeoutMs } = parts;
    this.#limitMs = heldAfterMs(handlerTimeoutMs);
    if (handlerTimeoutMs === 0) return;
    this.#timer = setInterval(() => this.look(nowMs()), beatEveryMs(handlerTimeoutMs)).unref();
  }

  look(now: number): void {
    const { memory, layout, whenHeld } = this.#parts;
    for (let line = 1; line <= layout.lineCount; line += 1) {
      if (this.#held.has(line)) continue;
      const lastBeat = lastBeatOf(memory, layout, line, now);
      const verdict = judgeBeat(lastBeat, this.#suspected[line], this.#limitMs, now);
      this.#suspected[line] = verdict === 'suspect' ? lastBeat : undefined;
      if (verdict !== 'held' || lastBeat === undefined) continue;
      this.#held.add(line);
      whenHeld(line, now - lastBeat, now);
    }
  }

  /** The line's thread has exited. */
  forget(line: number): void {
    this.#held.delete(line);
    this.#suspected[line] = undefined;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
