import test from 'ava';
import { checkPlatform, type Platform } from '../src/platform.ts';
import { PlatformError } from '../src/shared/errors/errors.ts';

const GOOD: Platform = { os: 'linux', nodeVersion: '20.19.0', usesIoUring: false };

const runs = test.macro({
  title: (_, platform: Partial<Platform>) => `runs: ${JSON.stringify(platform)}`,
  exec(t, platform: Partial<Platform>) {
    t.notThrows(() => checkPlatform({ ...GOOD, ...platform }));
  },
});

const fails = test.macro({
  title: (_, platform: Partial<Platform>) => `cannot run: ${JSON.stringify(platform)}`,
  exec(t, platform: Partial<Platform>, code: string, says: RegExp) {
    const error = t.throws(() => checkPlatform({ ...GOOD, ...platform }), { instanceOf: PlatformError, message: says });
    t.is(error?.code, code);
  },
});

test(runs, {});
test(runs, { os: 'darwin' });
test(runs, { nodeVersion: '22.0.0' });
test(runs, { nodeVersion: '26.10.0', usesIoUring: true });
test(fails, { nodeVersion: '20.18.3' }, 'ERR_HYPERION_PLATFORM_NODE_TOO_OLD', />= 20\.19, this is 20\.18\.3/);
test(fails, { nodeVersion: '18.20.0' }, 'ERR_HYPERION_PLATFORM_NODE_TOO_OLD', /18\.20\.0/);
test(fails, { os: 'win32' }, 'ERR_HYPERION_PLATFORM_WINDOWS', /WSL/);
test(fails, { usesIoUring: true }, 'ERR_HYPERION_PLATFORM_IO_URING', /UV_USE_IO_URING/);

test('the machine of this test runs it', (t) => {
  t.notThrows(() => checkPlatform());
});
