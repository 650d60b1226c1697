/** Faults that are a request: the thread or process that takes it fails. And loading the app anew. */
import { GIVE_UP_AFTER_MS } from './light-load.ts';
import { LightClient } from './light-client.ts';
import { Outcomes } from './outcomes.ts';
import type { Fault, FaultTarget, Injection } from './types.ts';

const askEverySecond =
  (target: string) =>
  ({ port }: FaultTarget): Injection => {
    const outcomes = new Outcomes();
    const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const asked: Promise<void>[] = [];
    const tick = (): void => {
      const client = new LightClient(port, () => {});
      const done = new Promise<void>((resolve) => {
        client.ask(bytes, GIVE_UP_AFTER_MS, ({ ending, status }) => {
          outcomes.add(ending === 'answered' ? status : ending);
          client.destroy();
          resolve();
        });
      });
      asked.push(done);
    };
    return {
      tick,
      outcomes: () => outcomes.read(),
      stop: async () => {
        await Promise.all(asked);
      },
    };
  };

const HANDLER_TIMEOUT_MS = 500;

const reload: Fault = {
  name: 'reload',
  title: 'Every second the app is loaded anew',
  brief: 'the app is loaded anew',
  isOfTheApp: true,
  start: ({ pid, contender: { reloadSignal } }) => {
    const outcomes = new Outcomes();
    const tick = (): void => {
      if (reloadSignal === undefined) return;
      try {
        process.kill(pid, reloadSignal);
        outcomes.add(reloadSignal);
      } catch {
        outcomes.add('no process');
      }
    };
    return { tick, outcomes: () => outcomes.read(), stop: () => Promise.resolve() };
  },
};

export const APP_FAULTS: readonly Fault[] = [
  {
    name: 'throw',
    title: 'Every second a timer throws in a thread',
    brief: 'a timer throws in a thread',
    isOfTheApp: true,
    start: askEverySecond('/fault/throw'),
  },
  {
    name: 'exit',
    title: 'Every second a thread calls process.exit()',
    brief: 'a thread calls `process.exit()`',
    isOfTheApp: true,
    start: askEverySecond('/fault/exit'),
  },
  {
    name: 'oom',
    title: 'Every second a thread runs out of memory',
    brief: 'a thread runs out of memory',
    isOfTheApp: true,
    start: askEverySecond('/fault/oom'),
  },
  {
    name: 'hang',
    title: `Every second a handler stands still for 2 s; hyperion has \`handlerTimeoutMs\` ${HANDLER_TIMEOUT_MS}`,
    brief: 'a handler stands still for 2 s',
    isOfTheApp: true,
    settings: { handlerTimeoutMs: HANDLER_TIMEOUT_MS },
    start: askEverySecond('/fault/hang'),
  },
  reload,
];
