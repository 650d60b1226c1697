/**
 * One place of a generation: which threads have had it, and what that says about the next one. What
 * happens comes in, when the next thread may start goes out; starts nothing itself. Main thread.
 */
import { afterRecycle, leastLifeMs } from './recycle-policy.ts';
import { afterDeath, NEW_PLACE, type PlaceHistory, restartPauseMs } from './restart-policy.ts';

export class Place {
  #history: PlaceHistory = NEW_PLACE;
  #quickRecycles = 0;
  /** When the last replacement failed to load. */
  #failedAt = Number.NEGATIVE_INFINITY;

  /** Its thread has died, `livedMs` after its app was loaded (undefined: it never was). Gives how long it stays empty. */
  died(livedMs: number | undefined): number {
    this.#history = afterDeath(this.#history, livedMs);
    return restartPauseMs(this.#history);
  }

  /** Whether its thread, which has served since `servesSince`, may be replaced now. */
  mayRecycle(servesSince: number, now: number): boolean {
    const pauseMs = this.#history.failedStarts === 0 ? 0 : restartPauseMs(this.#history);
    return now - servesSince >= leastLifeMs(this.#quickRecycles) && now - this.#failedAt >= pauseMs;
  }

  recycled(livedMs: number): void {
    this.#quickRecycles = afterRecycle(this.#quickRecycles, livedMs);
    this.#history = NEW_PLACE;
  }

  /** A replacement did not load its app; the thread that it was to replace serves on. */
  recycleFailed(now: number): void {
    this.#history = afterDeath(this.#history, undefined);
    this.#failedAt = now;
  }
}
