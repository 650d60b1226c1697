import test from 'ava';
import { HandlerDeadlines, type Timed } from '../../../src/app-adapter/connection-loan/handler-deadlines.ts';
import { nowMs } from '../../../src/shared/clock.ts';

const LIMIT_MS = 40;

class Handler implements Timed {
  lastReadMs = 0;
  readonly late: Promise<number>;
  onHandlerLate: (ranMs: number) => void = () => {};

  constructor() {
    this.late = new Promise((resolve) => (this.onHandlerLate = resolve));
  }
}

/** Keeps this process going for so long: the deadlines' own timer does not. */
const within = <Value>(promise: Promise<Value>, ms: number): Promise<Value | 'not yet'> => {
  let timer: NodeJS.Timeout | undefined;
  const isUp = new Promise<'not yet'>((resolve) => (timer = setTimeout(() => resolve('not yet'), ms)));
  return Promise.race([promise, isUp]).finally(() => clearTimeout(timer));
};

test('each is told once its own time is up, whenever the others began', async (t) => {
  const deadlines = new HandlerDeadlines(LIMIT_MS);
  const [one, other] = [new Handler(), new Handler()];
  const since = nowMs();
  deadlines.start(one);
  await within(new Promise(() => {}), LIMIT_MS / 2);
  deadlines.start(other);
  const ranMs = await within(one.late, 5000);
  t.true(typeof ranMs === 'number' && ranMs >= LIMIT_MS);
  t.not(await within(other.late, 5000), 'not yet');
  t.true(nowMs() - since >= 1.5 * LIMIT_MS);
});

test('one that has ended is not told, and may begin again', async (t) => {
  const deadlines = new HandlerDeadlines(LIMIT_MS);
  const [ended, runs] = [new Handler(), new Handler()];
  deadlines.start(ended);
  deadlines.start(runs);
  deadlines.stop(ended);
  t.not(await within(runs.late, 5000), 'not yet');
  t.is(await within(ended.late, LIMIT_MS), 'not yet');
  deadlines.start(ended);
  t.not(await within(ended.late, 5000), 'not yet');
});

test('time begins anew with what the client sends', async (t) => {
  const deadlines = new HandlerDeadlines(LIMIT_MS);
  const handler = new Handler();
  deadlines.start(handler);
  const since = nowMs();
  handler.lastReadMs = since + LIMIT_MS;
  const ranMs = await within(handler.late, 5000);
  t.true(typeof ranMs === 'number' && ranMs >= 2 * LIMIT_MS - 1, String(ranMs));
});

test('off', async (t) => {
  const deadlines = new HandlerDeadlines(0);
  const handler = new Handler();
  deadlines.start(handler);
  t.is(await within(handler.late, LIMIT_MS), 'not yet');
});
