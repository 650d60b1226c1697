/** Asks a direct route's handler on both kinds of loan, and gives back the bytes of the reply. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { RouteHandler } from '../../src/app-adapter/load/define-app.ts';
import { runDirectRoute, serveDirectOnNode } from '../../src/app-adapter/direct-route/direct-route.ts';
import { type Route, RouteTable } from '../../src/app-adapter/direct-route/route-table.ts';

export interface Ask {
  readonly method?: string;
  readonly target?: string;
  readonly version?: '1.0' | '1.1';
  /** Name, value, name, value ... besides Host. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface Logged {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** The errors that were logged: `Error: boom`, one a line. */
export const errorsIn = (logs: readonly Logged[]): string => logs.map(({ fields }) => String(fields['err'])).join('\n');

export interface Answer {
  /** As on the wire, with the date replaced. */
  readonly text: string;
  readonly status: number;
  /** Lower-case names; lines that repeat joined by ` | `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly logs: Logged[];
  /** Whether the connection stays open; unknown on connection loans. */
  readonly keepAlive: boolean | undefined;
}

export type Asker = (handler: RouteHandler, ask?: Ask) => Promise<Answer>;

const routeFor = (handler: RouteHandler, { method = 'GET', target = '/' }: Ask): Route => {
  const table = new RouteTable();
  table.handle(method === 'HEAD' ? 'GET' : method, target.split('?')[0] ?? '', handler);
  const route = table.match(method, target);
  if (route === undefined) throw new Error('no route');
  return route;
};

const readAnswer = (bytes: Buffer, logs: Logged[], keepAlive: boolean | undefined): Answer => {
  const text = bytes.toString('latin1').replaceAll(/date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/gi, 'date: now');
  const headEnd = text.indexOf('\r\n\r\n');
  const head = text.slice(0, headEnd);
  const body = text.slice(headEnd + 4);
  const headers: Record<string, string> = {};
  for (const line of head.split('\r\n').slice(1)) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    const value = line.slice(line.indexOf(':') + 2);
    headers[name] = headers[name] === undefined ? value : `${headers[name]} | ${value}`;
  }
  const isChunked = headers['transfer-encoding'] !== undefined;
  return { text, status: Number(head.slice(9, 12)), headers, body: isChunked ? dechunk(body) : body, logs, keepAlive };
};

const dechunk = (body: string): string => {
  let whole = '';
  for (let rest = body; ;) {
    const end = rest.indexOf('\r\n');
    const length = Number.parseInt(rest.slice(0, end), 16);
    if (length === 0 || Number.isNaN(length)) return whole;
    whole += rest.slice(end + 2, end + 2 + length);
    rest = rest.slice(end + 4 + length);
  }
};

/** As a request loan is answered. */
export const askOnRequestLoan: Asker = async (handler, ask = {}) => {
  const route = routeFor(handler, ask);
  if (route.kind !== 'dynamic') throw new Error('not dynamic');
  const { method = 'GET', target = '/', version = '1.1', headers = [], body } = ask;
  const logs: Logged[] = [];
  const asksClose = headers.includes('close');
  const reply = await runDirectRoute(
    route,
    {
      head: {
        method,
        target,
        isHttp10: version === '1.0',
        rawHeaders: ['Host', 'a', ...headers],
        contentLength: body === undefined ? 0 : Buffer.byteLength(body),
        keepAlive: version === '1.1' && !asksClose,
      },
      body: body === undefined ? undefined : Buffer.from(body),
      addresses: { remoteAddress: '127.0.0.1' },
      signal: () => new AbortController().signal,
    },
    (_, fields, message) => void logs.push({ fields, message }),
  );
  const pieces = [reply.head];
  try {
    for await (const piece of reply.body ?? []) pieces.push(Buffer.from(piece));
  } catch {
    pieces.push(Buffer.from('<cut>'));
  }
  return readAnswer(Buffer.concat(pieces), logs, reply.keepAlive);
};

/** As a connection loan is answered: through node's own server. */
export const askOnConnectionLoan: Asker = async (handler, ask = {}) => {
  const route = routeFor(handler, ask);
  const { method = 'GET', target = '/', version = '1.1', headers = [], body } = ask;
  const logs: Logged[] = [];
  const server = http.createServer((req, res) => {
    res.once('close', () => req.socket.end());
    serveDirectOnNode(route, req, res, (_, fields, message) => void logs.push({ fields, message }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const lines = [`${method} ${target} HTTP/${version}`, 'Host: a'];
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  await new Promise((resolve) => server.close(resolve));
  return readAnswer(Buffer.concat(pieces), logs, undefined);
};
