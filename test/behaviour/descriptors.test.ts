/** Descriptors run short: nobody who connects is lost, nothing spins, nothing dies, and it goes on by itself. */
import test, { type ExecutionContext } from 'ava';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { type HyperionProcess, projectFolder, startHyperion } from '../helpers/hyperion-process.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { untilSo } from '../helpers/server-under-test.ts';

/** The reserve is 64 of them then, and a server with one thread has some 50 for itself. */
const LIMIT = 256;
const RESERVE = 64;
/** A kept connection that was served in the last second has two descriptors. */
const MORE_THAN_FIT = 200;
/** A limit lowered to so many more than are open. */
const SPARE = 80;
const WITHIN_MS = 20_000;

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

const start = async (
  t: ExecutionContext,
  descriptorLimit = LIMIT,
): Promise<{ hyperion: HyperionProcess; port: number }> => {
  const app = `${projectFolder}test/fixtures/descriptors.mjs`;
  const args = ['--threads', '1', '--log-format', 'json', '--keep-alive-timeout-ms', '60000', app];
  const hyperion = await startHyperion(args, { descriptorLimit });
  t.teardown(() => hyperion.child.kill('SIGKILL'));
  return { hyperion, port: Number(new URL(hyperion.origin).port) };
};

const openIn = ({ child }: HyperionProcess): number => readdirSync(`/proc/${child.pid}/fd`).length;

/** CPU time of the process so far, in ticks of 10 ms. */
const ticksOf = ({ child }: HyperionProcess): number => {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
};

const ask = async (client: RawConnection, target: string, nth = 1): Promise<string> => {
  client.request(get(target));
  const { status, body } = await client.response(nth);
  if (status !== 200) throw new Error(`status ${status}`);
  return body.toString();
};

test.serial('more connections than fit: all are served, those that are idle for longest go', async (t) => {
  const { hyperion, port } = await start(t);
  const clients: RawConnection[] = [];
  const answered: Promise<string>[] = [];
  let most = 0;
  for (let nth = 0; nth < MORE_THAN_FIT; nth += 1) {
    const client = new RawConnection(port);
    clients.push(client);
    answered.push(ask(client, '/hello'));
    // One after the other as long as they are accepted, so that they have been idle for longer and longer.
    if (nth < 20) await answered.at(-1);
    most = Math.max(most, openIn(hyperion));
  }
  t.deepEqual(new Set(await Promise.all(answered)), new Set(['hello\n']));
  most = Math.max(most, openIn(hyperion));
  t.log(`${most} descriptors at most; ${clients.filter(({ isClosed }) => isClosed).length} connections closed`);
  // It counts every 16 accepts only.
  t.true(most <= LIMIT - RESERVE / 2, `${most} descriptors`);
  t.regex(hyperion.output(), /descriptors run short/);
  await untilSo(
    () => hyperion.output().includes('accepts again'),
    () => hyperion.output(),
    WITHIN_MS,
  );
  // Those that are left are served on.
  const left = clients.filter(({ isClosed }) => !isClosed);
  t.true(left.length > 20 && left.length < MORE_THAN_FIT);
  t.is(clients.slice(0, 10).filter(({ isClosed }) => !isClosed).length, 0, 'the oldest have gone');
  t.is(await ask(left.at(-1) as RawConnection, '/hello', 2), 'hello\n');
  await Promise.all(clients.map((client) => client.leave('close')));
  t.is(await hyperion.stop(), 0, hyperion.output());
});

test.serial(
  'an app that has taken all of them: nothing spins or dies, and who waits is served when some are free',
  async (t) => {
    const { hyperion, port } = await start(t);
    const keeper = new RawConnection(port);
    await ask(keeper, '/hello');
    const hoarded = Number(await ask(keeper, '/hoard', 2));
    t.true(hoarded > 100);
    // The first one finds no descriptor for itself: such a one may be cut. What comes behind it waits.
    const first = new RawConnection(port);
    first.send(get('/hello'));
    const before = ticksOf(hyperion);
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.true(ticksOf(hyperion) - before < 20, 'less than 200 ms of CPU in half a second');
    t.is(await ask(keeper, '/release', 3), 'hello\n', 'who is there already is served');
    await untilSo(
      () => openIn(hyperion) < LIMIT / 2,
      () => 'released',
      WITHIN_MS,
    );
    const clients = Array.from({ length: 20 }, () => new RawConnection(port));
    t.deepEqual(new Set(await Promise.all(clients.map((client) => ask(client, '/hello')))), new Set(['hello\n']));
    await Promise.all([keeper, first, ...clients].map((client) => client.leave('close')));
    t.is(await hyperion.stop(), 0, hyperion.output());
  },
);

test.serial('a limit that leaves next to nothing: it serves all the same', async (t) => {
  const { hyperion, port } = await start(t, 100);
  for (let round = 0; round < 3; round += 1) {
    const clients = Array.from({ length: 30 }, () => new RawConnection(port));
    const answers = clients.map(async (client) => {
      const answer = await ask(client, '/hello');
      await client.leave('close');
      return answer;
    });
    t.deepEqual(new Set(await Promise.all(answers)), new Set(['hello\n']));
  }
  t.is(await hyperion.stop(), 0, hyperion.output());
});

test.serial('a limit that is lowered while it serves: who comes waits, and who is there is served', async (t) => {
  const { hyperion, port } = await start(t, 4096);
  const keeper = new RawConnection(port);
  await ask(keeper, '/hello');
  const { status } = spawnSync('prlimit', [
    '--pid',
    String(hyperion.child.pid),
    `--nofile=${openIn(hyperion) + SPARE}:4096`,
  ]);
  t.is(status, 0, 'prlimit (Debian: util-linux)');
  const crowd = Array.from({ length: MORE_THAN_FIT }, () => new RawConnection(port));
  await Promise.all(crowd.map((client) => client.connected()));
  for (let nth = 2; nth < 22; nth += 1) t.is(await ask(keeper, '/hello', nth), 'hello\n');
  t.regex(hyperion.output(), /descriptors run short/);
  // Those that were accepted and are silent make room for those that wait in the system's queue.
  const last = crowd.at(-1) as RawConnection;
  t.is(await ask(last, '/hello'), 'hello\n');
  await Promise.all([keeper, ...crowd].map((client) => client.leave('close')));
  t.is(await hyperion.stop(), 0, hyperion.output());
});

test.serial('when none is left a request gets one that an idle connection can spare', async (t) => {
  const { hyperion, port } = await start(t);
  const idle = [new RawConnection(port), new RawConnection(port), new RawConnection(port)];
  for (const client of idle) await ask(client, '/hello');
  const [keeper, other, third] = [new RawConnection(port), new RawConnection(port), new RawConnection(port)];
  await Promise.all([keeper, other, third].map((client) => client.connected()));
  // Two turns of the acceptor: it has accepted them by then.
  const turns = new RawConnection(port);
  for (const nth of [1, 2]) t.is(await ask(turns, '/hello', nth), 'hello\n');
  await turns.leave('close');
  // Its answer comes when no descriptor is left; the other two have one each, and none to write on.
  t.true(Number(await ask(keeper, '/hoard')) > 100);
  t.is(await ask(other, '/hello'), 'hello\n');
  t.is(await ask(third, '/release'), 'hello\n');
  for (const client of [...idle, keeper]) t.is(await ask(client, '/hello', 2), 'hello\n');
  await Promise.all([...idle, keeper, other, third].map((client) => client.leave('close')));
  t.is(await hyperion.stop(), 0, hyperion.output());
});
