import { inspect } from 'node:util';
import test from 'ava';
import { isAlias, type ListenTarget, readListenCall } from '../../../src/app-adapter/load/listen-call.ts';

/** As `server.listen` calls it. */
function listen(...args: unknown[]): ReturnType<typeof readListenCall> {
  return readListenCall(args, listen);
}

const port = (number: number, host = ''): ListenTarget => ({ port: number, path: undefined, host });
const path = (name: string): ListenTarget => ({ port: undefined, path: name, host: '' });
const ignore = (): void => {};

const targets: ReadonlyArray<[args: unknown[], target: ListenTarget]> = [
  [[], port(0)],
  [[ignore], port(0)],
  [[null, ignore], port(0)],
  [[3000], port(3000)],
  [['3000'], port(3000)],
  [[3000, 'LOCALHOST', 511, ignore], port(3000, 'localhost')],
  [[3000, 511], port(3000)],
  [['/run/app.sock'], path('/run/app.sock')],
  [[{ port: 3000, host: '::1' }], port(3000, '::1')],
  [[{ port: undefined }], port(0)],
  [[{ port: null, host: 'a' }], port(0, 'a')],
  [[{ path: '/run/app.sock' }], path('/run/app.sock')],
  [[{ port: undefined, path: '/run/app.sock' }], path('/run/app.sock')],
];
for (const [args, target] of targets) {
  test(`listen(${args.map((value) => inspect(value)).join(', ')})`, (t) => {
    const call = listen(...args);
    t.deepEqual(call?.target, target);
    t.is(call?.callback, args.includes(ignore) ? ignore : undefined);
  });
}

test('a descriptor or handle is a call that cannot be served', (t) => {
  for (const options of [{ fd: 3 }, { handle: {} }, { _handle: {} }]) {
    const call = listen(options);
    t.is(call?.target, undefined);
    t.regex(call?.text ?? '', /^listen\(a descriptor\) at /);
  }
});

test('what node refuses is left to node', (t) => {
  for (const args of [[70_000], [-1], [1.5], [{ port: 'x' }], [{ port: '' }], [{}], [{ host: 'a' }], [true]]) {
    t.is(listen(...args), undefined, JSON.stringify(args));
  }
});

test('says where the call stands', (t) => {
  t.regex(listen(3000, 'a')?.text ?? '', /^listen\(3000, 'a'\) at \/.*listen-call\.test\.[jt]s:\d+:\d+$/);
});

const SERVER_PORT = 9292;
const aliases: ReadonlyArray<[first: ListenTarget, further: ListenTarget, isSame: boolean]> = [
  [port(3000, '127.0.0.1'), port(3000, '::1'), true],
  [port(3000, 'localhost'), port(SERVER_PORT, '::1'), true],
  [port(3000), port(0, '::1'), true],
  [port(0, 'localhost'), port(0, '::1'), true],
  [port(3000), port(3000), false],
  [port(0), port(0), false],
  [port(3000), port(3001, '::1'), false],
  [port(3000), path('/a'), false],
  [path('/a'), path('/a'), false],
  [path('/a'), port(3000, '::1'), false],
];
for (const [first, further, isSame] of aliases) {
  test(`${JSON.stringify(further)} ${isSame ? 'is' : 'is not'} an alias of ${JSON.stringify(first)}`, (t) => {
    t.is(isAlias(first, further, SERVER_PORT), isSame);
  });
}
