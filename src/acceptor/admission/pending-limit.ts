/** How many requests may wait: the number that was given, or what is measured while there is traffic. */
import type { ResolvedOptions } from '../../shared/options/options.ts';
import { AutoPending } from './auto-pending.ts';
import { LoadSampler, type LoadSamplerParts } from './load-sampler.ts';

export class PendingLimit {
  /** A plain field: it is read for each request. */
  current: number;
  readonly #auto: AutoPending | undefined;
  readonly #sampler: LoadSampler | undefined;

  constructor(
    { maxPending, targetWaitMs, threadCount, concurrencyPerThread }: ResolvedOptions,
    parts: Pick<LoadSamplerParts, 'memory' | 'layout' | 'idleTimes' | 'hasPending'>,
  ) {
    if (maxPending !== 'auto') {
      this.current = maxPending;
      return;
    }
    const auto = new AutoPending(threadCount, targetWaitMs);
    this.#auto = auto;
    this.current = auto.bound;
    this.#sampler = new LoadSampler({
      ...parts,
      concurrencyPerThread,
      onStart: (pausedMs) => {
        auto.pause(pausedMs);
        this.current = auto.bound;
      },
      onLook: (look) => {
        auto.note(look);
        this.current = auto.bound;
      },
    });
  }

  /** Requests a second that the threads complete when all are busy; undefined: not measured. */
  get ratePerSecond(): number | undefined {
    return this.#auto?.ratePerSecond;
  }

  /** A request has come. */
  wake(): void {
    this.#sampler?.wake();
  }

  close(): void {
    this.#sampler?.close();
  }
}
