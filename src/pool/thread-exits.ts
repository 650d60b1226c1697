/**
 * When a thread has ended. piscina's rejection says why, and may come up to seconds before the
 * thread is really gone; only the Worker's 'exit' says that it writes nothing any more.
 */
import type { Worker } from 'node:worker_threads';

export class ThreadExits {
  readonly #exits = new Map<number, Promise<void>>();
  readonly #workers = new Map<number, Worker>();

  /** Notes workers it has not seen yet. Call after each step that can make piscina start one. */
  watch(workers: readonly Worker[]): void {
    for (const worker of workers) {
      const { threadId } = worker;
      if (this.#exits.has(threadId)) continue;
      this.#workers.set(threadId, worker);
      const exit = new Promise<void>((resolve) => {
        worker.once('exit', () => {
          this.#workers.delete(threadId);
          resolve();
        });
      });
      this.#exits.set(threadId, exit);
    }
  }

  /** Resolves once the thread has exited, at once for one that was never seen. */
  async wait(threadId: number): Promise<void> {
    await this.#exits.get(threadId);
    this.#exits.delete(threadId);
  }

  /** Once: Node 20 aborts the process when a thread that is ending is terminated again. */
  terminate(threadId: number): void {
    const worker = this.#workers.get(threadId);
    this.#workers.delete(threadId);
    void worker?.terminate();
  }
}
