import test from 'ava';
import type { RouteHandler, StaticOptions } from '../../../src/app-adapter/load/define-app.ts';
import { RouteTable } from '../../../src/app-adapter/direct-route/route-table.ts';
import { RouteError } from '../../../src/shared/errors/errors.ts';

const handler: RouteHandler = () => ({ status: 200 });
const other: RouteHandler = () => ({ status: 201 });

const handlerOf = (table: RouteTable, method: string, target: string): RouteHandler | undefined => {
  const route = table.match(method, target);
  return route?.kind === 'dynamic' ? route.handler : undefined;
};

test('matches method and path exactly and ignores the query', (t) => {
  const table = new RouteTable();
  table.handle('GET', '/a', handler);
  t.is(handlerOf(table, 'GET', '/a'), handler);
  t.is(handlerOf(table, 'GET', '/a?b=/c?d'), handler);
  t.is(handlerOf(table, 'GET', '/a?'), handler);
  for (const target of ['/a/', '/A', '/ab', '/', 'http://host/a', '/%61', '']) {
    t.is(table.match('GET', target), undefined, target);
  }
  t.is(table.match('POST', '/a'), undefined);
  t.is(table.match('get', '/a'), undefined, 'methods on the wire are case-sensitive');
});

test('an empty table matches nothing', (t) => {
  t.is(new RouteTable().match('GET', '/'), undefined);
  t.is(new RouteTable().size, 0);
});

test('takes the seven methods in any case', (t) => {
  const table = new RouteTable();
  for (const method of ['get', 'Post', 'PUT', 'dElete', 'patch', 'options', 'head']) table.handle(method, '/', handler);
  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
    t.is(handlerOf(table, method, '/'), handler, method);
  }
  t.is(table.size, 7);
});

test('GET answers HEAD too, other methods do not', (t) => {
  const table = new RouteTable();
  table.handle('GET', '/get', handler);
  table.handle('POST', '/post', handler);
  table.handleStatic('GET', '/static', 'x');
  t.is(handlerOf(table, 'HEAD', '/get'), handler);
  t.is(table.match('HEAD', '/static'), table.match('GET', '/static'));
  t.is(table.match('HEAD', '/post'), undefined);
  t.is(table.size, 3);
});

test('an explicit HEAD beats the twin in either order', (t) => {
  const headFirst = new RouteTable();
  headFirst.handle('HEAD', '/', other);
  headFirst.handle('GET', '/', handler);
  const getFirst = new RouteTable();
  getFirst.handle('GET', '/', handler);
  getFirst.handle('HEAD', '/', other);
  for (const table of [headFirst, getFirst]) {
    t.is(handlerOf(table, 'HEAD', '/'), other);
    t.is(handlerOf(table, 'GET', '/'), handler);
    t.throws(() => table.handle('HEAD', '/', other), {
      instanceOf: RouteError,
      message: /already a route for HEAD \//,
    });
  }
});

test('a route may be registered once', (t) => {
  const table = new RouteTable();
  table.handle('GET', '/', handler);
  t.throws(() => table.handleStatic('get', '/', 'x'), { instanceOf: RouteError, code: 'ERR_HYPERION_ROUTE_DUPLICATE' });
  t.notThrows(() => table.handle('POST', '/', handler));
  t.is(handlerOf(table, 'GET', '/'), handler);
});

test('a sealed table takes no more', (t) => {
  const table = new RouteTable();
  table.seal();
  t.throws(() => table.handle('GET', '/late', handler), { code: 'ERR_HYPERION_ROUTE_TOO_LATE', message: /GET \/late/ });
});

const wrong = (title: string, register: (table: RouteTable) => void, message: RegExp): void =>
  test(`refuses ${title}`, (t) => {
    const table = new RouteTable();
    t.throws(() => register(table), { instanceOf: RouteError, code: 'ERR_HYPERION_ROUTE_INVALID', message });
    t.is(table.size, 0);
  });

wrong('an unknown method', (table) => table.handle('LINK', '/', handler), /`?method.* GET, POST.*'LINK'/);
wrong('a method that is no string', (table) => table.handle(1 as never, '/', handler), /method.*1 \(number\)/);
wrong('a path that is no string', (table) => table.handle('GET', /a/ as never, handler), /path/);
wrong('a path without a slash', (table) => table.handle('GET', 'a', handler), /path.*'a'/);
wrong('a path with a query', (table) => table.handle('GET', '/a?b', handler), /path.*without query/);
wrong('a path that no request line can have', (table) => table.handle('GET', '/a b', handler), /path/);
wrong('a missing handler', (table) => table.handle('GET', '/', undefined as never), /handler.*a function, got nothing/);
wrong('a static body that is an object', (table) => table.handleStatic('GET', '/', {} as never), /body/);
for (const contentType of ['text/html\r\nx: y', 'text/html\n', 'a\0b', '', 'ж', 5 as never]) {
  const options: StaticOptions = { contentType };
  wrong(
    `content type ${JSON.stringify(contentType)}`,
    (table) => table.handleStatic('GET', '/', 'x', options),
    /contentType/,
  );
}
