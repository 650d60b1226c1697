/** What docs/differs-in-a-thread.md says, asked of an app that runs in a thread. */
import anyTest, { type TestFn } from 'ava';
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { startHyperion, type HyperionProcess } from '../helpers/hyperion-process.ts';

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
  /** Local port of the client: tells connections apart. */
  readonly connection: number | undefined;
}

const test = anyTest as TestFn<{ hyperion: HyperionProcess; agent: http.Agent }>;

test.before(async (t) => {
  t.context.hyperion = await startHyperion(['--threads', '2', 'test/fixtures/differs.mjs']);
  // One connection for everything: what a thread's end would do to it must show.
  t.context.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
});

test.after.always('SIGTERM is the main thread’s alone', async (t) => {
  t.context.agent.destroy();
  t.is(await t.context.hyperion.stop(), 0);
  t.notRegex(t.context.hyperion.output(), /the app saw SIGTERM/);
});

function ask({ hyperion, agent }: { hyperion: HyperionProcess; agent: http.Agent }, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get(hyperion.origin + path, { agent }, (response) => {
      const connection = response.socket.localPort;
      json(response).then((body) => resolve({ status: response.statusCode, body, connection }), reject);
    });
    request.on('error', reject);
  });
}

for (const call of ['chdir', 'umask', 'setuid', 'abort']) {
  test.serial(`process.${call}() throws`, async (t) => {
    t.like(await ask(t.context, `/${call}`), { status: 200, body: 'ERR_WORKER_UNSUPPORTED_OPERATION' });
  });
}

test.serial("req.socket is a Duplex, the thread's own for this connection", async (t) => {
  const first = await ask(t.context, '/socket');
  t.like(first.body, { isNetSocket: false, isDuplex: true, absent: ['_handle', 'parser', 'connect'], bytesRead: 0 });
  await ask(t.context, '/leave-listener');
  const third = await ask(t.context, '/socket');
  t.is(third.connection, first.connection);
  t.like(third.body, { wasSeen: false }, 'one that an app has left a listener on serves no other request');
});

for (const path of ['/exit', '/throw-later']) {
  test.serial(`${path} ends the thread, not the process and not the connection`, async (t) => {
    const before = await ask(t.context, '/chdir');
    const failed = await ask(t.context, path);
    t.like(failed, { status: 503, body: { error: 'thread_failed' } });
    const after = await ask(t.context, '/chdir');
    t.is(after.status, 200);
    t.deepEqual([failed.connection, after.connection], [before.connection, before.connection]);
  });
}
