/**
 * The context that `defineApp` functions get, and what becomes of it at stop. Worker thread.
 */
import type { AppHost, ThreadLog } from './app-host.ts';
import type { AppContext, AppLogMethod } from './define-app.ts';
import type { RouteTable } from '../direct-route/route-table.ts';

export class StopHooks {
  readonly #hooks: Array<() => unknown> = [];
  readonly #log: ThreadLog;

  constructor(log: ThreadLog) {
    this.#log = log;
  }

  add(hook: () => unknown): void {
    if (typeof hook !== 'function') throw new TypeError('Expected onStop() to get a function');
    this.#hooks.push(hook);
  }

  /** The last one first: what was opened last may need what was opened before. One that fails does not stop the others. */
  async run(): Promise<void> {
    for (let hook = this.#hooks.pop(); hook !== undefined; hook = this.#hooks.pop()) {
      try {
        await hook();
      } catch (error) {
        this.#log('error', { err: error }, 'the app failed while it stopped');
      }
    }
  }
}

export function createContext(host: AppHost, routes: RouteTable, hooks: StopHooks): AppContext {
  const { threadNumber, threadCount } = host;
  const logAt =
    (level: 'debug' | 'info' | 'warn' | 'error'): AppLogMethod =>
    (...args) =>
      args.length === 1 ? host.log(level, {}, args[0]) : host.log(level, args[0], args[1]);
  return Object.freeze({
    routes,
    threadNumber,
    threadCount,
    log: Object.freeze({ debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') }),
    onStop: (hook: () => unknown): void => hooks.add(hook),
  });
}
