/** The public surface: what the package exports, and the types that its users lean on. */
import test from 'ava';
import { expectTypeOf } from 'expect-type';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as hyperion from '../src/index.ts';
import {
  defineApp,
  defineConfig,
  type App,
  type Config,
  type DefinedApp,
  type DirectRequest,
  type ServerOptions,
  type StopReport,
} from '../src/index.ts';

test('the package exports this list', (t) => {
  t.deepEqual(Object.keys(hyperion).sort(), [
    'AppError',
    'ConfigError',
    'DEFAULT_READ_TIMEOUT_MS',
    'DEFAULT_THREAD_COUNT',
    'HyperionError',
    'ListenError',
    'OptionError',
    'PlatformError',
    'REJECT_503',
    'RouteError',
    'Server',
    'ServerError',
    'ThreadError',
    'UsageError',
    'defineApp',
    'defineConfig',
  ]);
});

test('REJECT_503 is 171 bytes, and the lengths that it names are its own', (t) => {
  const [head = '', body = ''] = hyperion.REJECT_503.split('\r\n\r\n');
  t.is(hyperion.REJECT_503.length, 171);
  t.is(/content-length: (\d+)/.exec(head)?.[1], String(Buffer.byteLength(body)));
  t.deepEqual(JSON.parse(body), { error: 'server_busy', retry_after_seconds: 1 });
});

test('types: options, apps and handlers', (t) => {
  expectTypeOf<{ app: string }>().toExtend<ServerOptions>();
  expectTypeOf<{ app: URL; port: number; maxPending: number }>().toExtend<ServerOptions>();
  expectTypeOf<{ port: number }>().not.toExtend<ServerOptions>();
  expectTypeOf<{ app: () => void }>().not.toExtend<ServerOptions>();
  expectTypeOf<{ port: number }>().toExtend<Config>();
  expectTypeOf(hyperion.Server.prototype.stop).returns.resolves.toEqualTypeOf<StopReport>();

  expectTypeOf<(req: IncomingMessage, res: ServerResponse) => void>().toExtend<App>();
  expectTypeOf<{ fetch(request: Request): Response }>().toExtend<App>();
  expectTypeOf(defineApp).returns.toEqualTypeOf<DefinedApp>();
  defineApp(({ routes, threadNumber, log }) => {
    expectTypeOf(threadNumber).toEqualTypeOf<number>();
    log.info({ threadNumber }, 'loaded');
    routes.handle('GET', '/', (request) => {
      expectTypeOf(request).toEqualTypeOf<DirectRequest>();
      return { status: 200, body: request.query };
    });
  });

  const config = { port: 8080 };
  t.is(defineConfig(config), config, 'defineConfig gives back what it is given');
});
