import { once } from 'node:events';
import { linkSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { loadLibc } from '../../../src/acceptor/libc.ts';
import { Listener } from '../../../src/acceptor/listening/listener.ts';
import { descriptorOf } from '../../../src/acceptor/node-internals.ts';
import { HyperionError, ListenError } from '../../../src/shared/errors/errors.ts';

const LOCAL = { host: '127.0.0.1', port: 0, path: undefined };

const portOf = (listener: Listener): number => (listener.address as AddressInfo).port;

/** Resolves when the connection is there, with the local port of its client. */
const connect = async (t: ExecutionContext, where: number | string): Promise<net.Socket> => {
  const client = typeof where === 'number' ? net.connect(where, '127.0.0.1') : net.connect(where);
  client.on('error', () => {});
  t.teardown(() => client.destroy());
  await once(client, 'connect');
  return client;
};

const accepts = async (t: ExecutionContext, listener: Listener, where: number | string): Promise<void> => {
  const incoming = new Promise<{ close(): void }>((resolve) => listener.accept(resolve));
  const client = await connect(t, where);
  (await incoming).close();
  await once(client.resume(), 'close');
  t.true(client.destroyed);
};

const fails = async (
  t: ExecutionContext,
  listener: Promise<unknown>,
  code: string,
  says: RegExp,
  cause: string | undefined,
): Promise<void> => {
  const error = await t.throwsAsync(listener, { instanceOf: ListenError, message: says });
  t.is((error as HyperionError).code, code);
  t.is((error?.cause as NodeJS.ErrnoException | undefined)?.code, cause);
};

test('binds a port, which is known and taken then', async (t) => {
  const listener = await Listener.bind(LOCAL, 16);
  const port = portOf(listener);
  await fails(
    t,
    Listener.bind({ ...LOCAL, port }, 16),
    'ERR_HYPERION_LISTEN_PORT_IN_USE',
    new RegExp(`Port ${port} on 127.0.0.1 is in use`),
    'EADDRINUSE',
  );
  await accepts(t, listener, port);
  await listener.close();
  const again = await Listener.bind({ ...LOCAL, port }, 16);
  await again.close();
});

test('an address of another machine is an error that says so', async (t) => {
  await fails(
    t,
    Listener.bind({ ...LOCAL, host: '192.0.2.1' }, 16),
    'ERR_HYPERION_LISTEN_HOST_UNAVAILABLE',
    /192\.0\.2\.1/,
    'EADDRNOTAVAIL',
  );
});

test('binds a Unix socket, and removes it', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/hyperion-`);
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = `${folder}/a.sock`;
  const listener = await Listener.bind({ ...LOCAL, path }, 16);
  t.is(listener.address, path);
  await fails(
    t,
    Listener.bind({ ...LOCAL, path }, 16),
    'ERR_HYPERION_LISTEN_PATH_IN_USE',
    /a\.sock is in use/,
    'EADDRINUSE',
  );
  await fails(
    t,
    Listener.bind({ ...LOCAL, path: `${folder}/none/a.sock` }, 16),
    'ERR_HYPERION_LISTEN_PATH_NOT_PERMITTED',
    /does not exist/,
    'EACCES',
  );
  await accepts(t, listener, path);
  await listener.close();
  const again = await Listener.bind({ ...LOCAL, path }, 16);
  await again.close();
});

test('holds connections until they are wanted, then gives each as it comes', async (t) => {
  const listener = await Listener.bind(LOCAL, 16);
  t.teardown(() => listener.close());
  const held = [await connect(t, portOf(listener)), await connect(t, portOf(listener))];
  // A third one that is answered by nobody either: the two before it have been accepted by then.
  const late = connect(t, portOf(listener));
  await late;
  await new Promise((resolve) => setImmediate(resolve));
  let given = 0;
  await new Promise<void>((resolve) => {
    listener.accept((incoming) => {
      given += 1;
      incoming.close();
      if (given === 3) resolve();
    });
  });
  for (const client of held) if (!client.closed) await once(client.resume(), 'close');
  t.is(given, 3);
});

test('closes those it holds when it closes, and takes no more', async (t) => {
  const listener = await Listener.bind(LOCAL, 16);
  const port = portOf(listener);
  const client = await connect(t, port);
  await new Promise((resolve) => setImmediate(resolve));
  await listener.close();
  await once(client.resume(), 'close');
  const refused = net.connect(port, '127.0.0.1');
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
  t.is(error.code, 'ECONNREFUSED');
  await t.notThrowsAsync(listener.close());
});

test('adopts a net.Server that listens, or is about to', async (t) => {
  for (const isListening of [true, false]) {
    const server = net.createServer(() => t.fail('its own listener'));
    server.listen(0, '127.0.0.1');
    if (isListening) await once(server, 'listening');
    const listener = await Listener.adopt(server);
    t.deepEqual(listener.address, server.address());
    await accepts(t, listener, portOf(listener));
    await listener.close();
    t.false(server.listening);
  }
});

test('adopts a bound descriptor', async (t) => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // As one that a parent process has bound and handed down.
  const descriptor = loadLibc().duplicate(descriptorOf(server));
  server.close();
  await once(server, 'close');
  const listener = await Listener.adopt(descriptor);
  t.is(portOf(listener), port);
  await accepts(t, listener, port);
  await listener.close();
});

test('adopts nothing else', async (t) => {
  for (const wrong of [-1, 1.5, Number.NaN, {}, 'a path', null]) {
    await fails(
      t,
      Listener.adopt(wrong as number),
      'ERR_HYPERION_LISTEN_BAD_LISTENER',
      /net\.Server or a file descriptor/,
      undefined,
    );
  }
  await t.throwsAsync(Listener.adopt(1_000_000), { instanceOf: ListenError, message: /descriptor 1000000/ });
});

/** Connects and says when it is served: the listener's connections say hello. */
const greet = (listener: Listener): void =>
  listener.accept((incoming) => {
    const socket = new net.Socket({ handle: incoming.open() } as unknown as net.SocketConstructorOpts);
    socket.end('hello');
  });

const greeting = async (client: net.Socket): Promise<string> => {
  const [bytes] = (await once(client, 'data')) as [Buffer];
  client.destroy();
  return bytes.toString();
};

const pauses = test.macro<[(folder: string) => Promise<{ listener: Listener; where: number | string }>]>({
  title: (what) => `while it pauses clients wait, and none is lost: ${what}`,
  async exec(t, open) {
    const folder = mkdtempSync(`${tmpdir()}/hyperion-`);
    t.teardown(() => rmSync(folder, { recursive: true }));
    const { listener, where } = await open(folder);
    const { address } = listener;
    greet(listener);
    for (let round = 0; round < 2; round += 1) {
      t.true(listener.pause());
      t.true(listener.pause(), 'twice is once');
      t.true(listener.isPaused);
      t.deepEqual(listener.address, address);
      const waiting = await Promise.all([1, 2, 3].map(() => connect(t, where)));
      await new Promise((resolve) => setImmediate(resolve));
      t.true(waiting.every(({ bytesRead }) => bytesRead === 0));
      t.true(listener.resume());
      t.true(listener.resume());
      t.false(listener.isPaused);
      t.deepEqual(await Promise.all(waiting.map(greeting)), ['hello', 'hello', 'hello']);
      t.is(await greeting(await connect(t, where)), 'hello');
    }
    t.true(listener.pause());
    await listener.close();
    t.is(listener.address, null);
    t.deepEqual(readdirSync(folder), [], 'no name is left');
    const refused = typeof where === 'number' ? net.connect(where, '127.0.0.1') : net.connect(where);
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    t.is(error.code, typeof where === 'number' ? 'ECONNREFUSED' : 'ENOENT');
  },
});

test('a port', pauses, async () => {
  const listener = await Listener.bind(LOCAL, 16);
  return { listener, where: portOf(listener) };
});
test('a Unix socket', pauses, async (folder) => {
  const where = `${folder}/a.sock`;
  return { listener: await Listener.bind({ ...LOCAL, path: where }, 16), where };
});
test('an adopted net.Server', pauses, async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  const listener = await Listener.adopt(server);
  return { listener, where: portOf(listener) };
});
test('an adopted net.Server on a Unix socket', pauses, async (folder) => {
  const where = `${folder}/a.sock`;
  return { listener: await Listener.adopt(net.createServer().listen(where)), where };
});

test('an adopted descriptor of a Unix socket pauses, and leaves the name to who bound it', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/hyperion-`);
  t.teardown(() => rmSync(folder, { recursive: true }));
  const where = `${folder}/a.sock`;
  const server = net.createServer().listen(where);
  await once(server, 'listening');
  const descriptor = loadLibc().duplicate(descriptorOf(server));
  // Its name outlives who bound it, as that of a parent process that keeps running.
  linkSync(where, `${where}.kept`);
  server.close();
  renameSync(`${where}.kept`, where);
  const listener = await Listener.adopt(descriptor);
  greet(listener);
  t.true(listener.pause());
  const waiting = await connect(t, where);
  t.true(listener.resume());
  t.is(await greeting(waiting), 'hello');
  await listener.close();
  t.deepEqual(readdirSync(folder), ['a.sock']);
});

test('a Unix socket that another server has bound meanwhile is left to it', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/hyperion-`);
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = `${folder}/a.sock`;
  const listener = await Listener.bind({ ...LOCAL, path }, 16);
  t.true(listener.pause());
  rmSync(path);
  const successor = await Listener.bind({ ...LOCAL, path }, 16);
  await listener.close();
  t.deepEqual(readdirSync(folder), ['a.sock']);
  await accepts(t, successor, path);
  await successor.close();
});

test('where the name of a Unix socket cannot be kept it does not pause', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/hyperion-`);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = `${folder}/a.sock`;
  const listener = await Listener.bind({ ...LOCAL, path }, 16);
  renameSync(path, `${folder}/b.sock`);
  t.false(listener.pause());
  t.false(listener.isPaused);
  await accepts(t, listener, `${folder}/b.sock`);
  await listener.close();
});

test('who gave a net.Server may close it: its port is free then', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  const listener = await Listener.adopt(server);
  const port = portOf(listener);
  server.close();
  await once(server, 'close');
  t.is(listener.address, null);
  t.false(listener.isPaused);
  await (await Listener.bind({ ...LOCAL, port }, 16)).close();
  await listener.close();
});

test('its watch hears of each accept, held ones too, and may pause it there', async (t) => {
  const listener = await Listener.bind(LOCAL, 16);
  t.teardown(() => listener.close());
  const accepted: number[] = [];
  const first = new Promise<void>((resolve) => {
    listener.watch({
      whenAccepted(descriptor) {
        accepted.push(descriptor);
        listener.pause();
        resolve();
      },
      whenFailed: () => t.fail(),
    });
  });
  const clients = await Promise.all([1, 2, 3].map(() => connect(t, portOf(listener))));
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  t.is(accepted.length, 1, 'not even those that came with it');
  t.true((accepted[0] ?? 0) > 2);
  greet(listener);
  t.is(await Promise.race(clients.map(greeting)), 'hello');
});

test('all that wait are accepted in one turn of the event loop, up to 65', async (t) => {
  for (const where of ['a port', 'a Unix socket']) {
    const folder = mkdtempSync(`${tmpdir()}/hyperion-`);
    t.teardown(() => rmSync(folder, { recursive: true }));
    const path = where === 'a port' ? undefined : `${folder}/a.sock`;
    const listener = await Listener.bind({ ...LOCAL, path }, 128);
    let accepted = 0;
    const perTurn: number[] = [];
    listener.accept((incoming) => {
      if (accepted === 0) {
        setImmediate(() => {
          perTurn.push(accepted);
          accepted = 0;
        });
      }
      accepted += 1;
      const socket = new net.Socket({ handle: incoming.open() } as unknown as net.SocketConstructorOpts);
      socket.end('hello');
    });
    // They are in the system's queue before this turn ends.
    const clients = Array.from({ length: 80 }, () =>
      path === undefined ? net.connect(portOf(listener), '127.0.0.1') : net.connect(path),
    );
    t.deepEqual(new Set(await Promise.all(clients.map(greeting))), new Set(['hello']));
    t.deepEqual(perTurn.slice(0, 2), [65, 15], where);
    await listener.close();
  }
});
