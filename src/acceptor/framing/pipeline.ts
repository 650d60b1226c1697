/**
 * What a client has pipelined behind its running request, as far as the acceptor can frame it: how
 * many of these requests are to be served, and which are refused in their place because too many
 * were received and not answered. Pure: bytes in, verdicts out. Only with `maxInFlightPerConnection`.
 */
import { classify, type SizeLimits } from './classify.ts';
import { HEAD_SIMPLE, HeadScan } from './framing.ts';
import type { ReadBuffer } from './read-buffer.ts';

export interface PipelineLimits extends SizeLimits {
  readonly maxHeaderBytes: number;
  readonly maxInFlightPerConnection: number;
}

export class Pipeline {
  readonly #scan: HeadScan = new HeadScan();
  /** Of each whole request that waits in the buffer, oldest first: whether it is refused. */
  readonly #refused: boolean[] = [];
  #toServe = 0;
  /** So many bytes from the buffer's start are theirs. */
  #bytes = 0;
  #isHeadWhole = false;
  /** What stands behind them is node:http's to judge, and so is all behind that. */
  #isUnframed = false;
  hasWarned = false;

  /** Looks at what has come behind the running requests (one or none). Gives how many it refuses. */
  note({ bytes, start, end }: ReadBuffer, running: 0 | 1, limits: PipelineLimits): number {
    const scan = this.#scan;
    let refused = 0;
    while (!this.#isUnframed && start + this.#bytes < end) {
      const from = start + this.#bytes;
      const verdict = this.#isHeadWhole ? HEAD_SIMPLE : scan.scan(bytes, from, end, limits.maxHeaderBytes);
      this.#isHeadWhole = verdict === HEAD_SIMPLE;
      const kind = classify(verdict, scan.headEnd, scan.contentLength, end - from, limits);
      if (kind === 'incomplete') break;
      if (kind === 'request') {
        this.#bytes += scan.headEnd + scan.contentLength;
        // Those that are refused already hold nothing: their answer is known.
        const isRefused = running + this.#toServe >= limits.maxInFlightPerConnection;
        this.#refused.push(isRefused);
        if (isRefused) refused += 1;
        else this.#toServe += 1;
      } else {
        this.#isUnframed = true;
      }
      this.#reset();
    }
    return refused;
  }

  /** The buffer's first request, so many bytes, is dealt with now. Gives whether it was refused. */
  take(bytes: number): boolean {
    const isRefused = this.#refused.shift();
    if (isRefused === undefined) {
      // It became whole just now.
      this.#isUnframed = false;
      this.#reset();
      return false;
    }
    this.#bytes -= bytes;
    if (!isRefused) this.#toServe -= 1;
    return isRefused;
  }

  #reset(): void {
    this.#scan.reset();
    this.#isHeadWhole = false;
  }
}
