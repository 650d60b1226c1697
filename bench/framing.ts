/**
 * Microseconds for one request head: the acceptor's scan, and the parser in the thread (over shared
 * memory, as there). Best of many short runs, the two in turn, so that other work on the machine
 * falls on both. `node build/bench/framing.js`.
 */
import { HEAD_SIMPLE, HeadScan } from '../src/acceptor/framing/framing.ts';
import { parseHead } from '../src/app-adapter/head-parser.ts';
import { describeMachine, formatMachine } from './machine.ts';

const ROUNDS = 60;
const HEADS_PER_ROUND = 4_000;

const BROWSER =
  'GET /some/path/index.html?x=1 HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\n' +
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n' +
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\n' +
  'Accept-Language: en-US,en;q=0.9\r\nCookie: sid=0123456789abcdef0123\r\n';

const HEADS: Readonly<Record<string, string>> = {
  'one field': 'GET / HTTP/1.1\r\nHost: a.example:80\r\n\r\n',
  'POST, 6 fields':
    'POST /api/items?x=1 HTTP/1.1\r\nHost: a.example:80\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n' +
    'Content-Type: application/json\r\nContent-Length: 35\r\nX-Request-Id: 0123456789abcdef01234567890123456789\r\n\r\n',
  'browser, 7 fields': `${BROWSER}\r\n`,
  'with long cookies': `${BROWSER}X-Token: ${'t'.repeat(600)}\r\nCookie: ${'k=v; '.repeat(120)}\r\n\r\n`,
};

const microsecondsEach = (run: () => void): number => {
  const began = process.hrtime.bigint();
  for (let count = 0; count < HEADS_PER_ROUND; count++) run();
  return Number(process.hrtime.bigint() - began) / HEADS_PER_ROUND / 1_000;
};

console.log(`${formatMachine(describeMachine())}, Node ${process.version}`);
for (const [name, text] of Object.entries(HEADS)) {
  const received = Buffer.from(text, 'latin1');
  const shared = Buffer.from(new SharedArrayBuffer(text.length));
  received.copy(shared);
  const scan = new HeadScan();
  const scanOne = (): void => {
    scan.reset();
    if (scan.scan(received, 0, received.length, 16_384) !== HEAD_SIMPLE) throw new Error(`${name}: not simple`);
  };
  const parseOne = (): void => {
    if (parseHead(shared, 0, shared.length) === undefined) throw new Error(`${name}: not parsed`);
  };
  let [scanBest, parseBest] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    scanBest = Math.min(scanBest, microsecondsEach(scanOne));
    parseBest = Math.min(parseBest, microsecondsEach(parseOne));
  }
  console.log(
    `${name.padEnd(18)} ${String(text.length).padStart(5)} B   scan ${scanBest.toFixed(2)} us   parse ${parseBest.toFixed(2)} us`,
  );
}
