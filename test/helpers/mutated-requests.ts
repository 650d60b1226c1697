/**
 * Requests for fuzzing the framing: our own heads, heads composed at random and, where they are at
 * hand, the corpora of llhttp and smuggler, changed in up to four random places. A number decides each one, so that a
 * failure names all that is needed to see it again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import { Random } from './random.ts';

const OWN_SEEDS = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  '\r\n\r\nGET /a?b=c#d HTTP/1.1\r\nhost: example.com:8080\r\nConnection: keep-alive\r\n\r\n',
  'POST /items HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"a":"bcd"}',
  'PUT /x HTTP/1.1\r\nContent-Length:0\r\nHost:[::1]:80\r\nConnection: close\r\n\r\n',
  'HEAD /h HTTP/1.0\r\nConnection: Keep-Alive\r\nUser-Agent: old\r\n\r\n',
  'DELETE /%7Euser/1 HTTP/1.0\r\n\r\n',
  'PATCH /p HTTP/1.1\r\nHOST: A\r\nX-Latin1: caf\xe9 \xff\r\nX-Empty:\r\nX-Tab:\ta\tb \t\r\nContent-Length: 3\r\n\r\nabc',
  'OPTIONS /o HTTP/1.1\r\nHost: 127.0.0.1:1\r\nOrigin: null\r\nAccess-Control-Request-Method: POST\r\n\r\n',
  'M-SEARCH /m HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\nCookie: e=f\r\naccept: */*\r\n\r\n',
  'GET /browser HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux)\r\n' +
    'Accept: text/html,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\nSec-Fetch-Mode: navigate\r\n\r\n',
];

/** What parsers have disagreed about: names, values, line ends, numbers, prefaces. */
const FRAGMENTS = [
  ['\r\n', '\n', '\r', '\r\r\n', '\n\n', '\r\n\r\n', '\0', '\t', ' ', ':', '\x0b', '\x0c', '\x7f', '\x80', '\xff'],
  ['GET ', 'CONNECT a:1 ', 'PRI * ', 'SOURCE ', 'BREW ', 'get ', 'QUERY ', '* ', 'http://b/ ', '//b/ ', '#', '/\x7f'],
  ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.10', 'http/1.1', 'ICE/1.0', 'RTSP/1.0', ' HTTP/1.1\r\n'],
  ['Host: b\r\n', 'Host:\r\n', 'Host: a b\r\n', 'Host: [::1\r\n', 'Host:\tb\r\n', 'Host : b\r\n', 'hOsT: c\r\n'],
  ['Content-Length: 3\r\n', 'Content-Length: 3\t\r\n', 'Content-Length: +3\r\n', 'Content-Length: 0x3\r\n'],
  ['Content-Length: 3, 3\r\n', 'Content-Length: 3 3\r\n', 'Content-Length: -1\r\n', 'Content-Length:\r\n'],
  ['content-length:   5   \r\n', 'Content-Length: 999999999999999\r\n', 'Content-Length: 18446744073709551617\r\n'],
  ['Content_Length: 4\r\n', 'Content-Length : 4\r\n', 'Content-Length\r\n', ' Content-Length: 4\r\n'],
  ['Connection: close\r\n', 'Connection: keep-alive\r\n', 'Connection: close, keep-alive\r\n', 'Connection:\r\n'],
  ['Connection: CLOSE \r\n', 'Connection: closed\r\n', 'Connection: upgrade\r\n', 'Connection:close\t\r\n'],
  ['Transfer-Encoding: chunked\r\n', 'transfer-encoding: identity\r\n', 'Transfer-Encoding:\r\n', 'TE: trailers\r\n'],
  ['Upgrade: websocket\r\n', 'Upgrade: h2c\r\nConnection: Upgrade\r\n', 'HTTP2-Settings: AAMA\r\n', 'Trailer: x\r\n'],
  ['Expect: 100-continue\r\n', 'Keep-Alive: timeout=5\r\n', 'Proxy-Connection: close\r\n', 'X: y\r\n', 'X:\r\n z\r\n'],
  ['3\r\nabc\r\n0\r\n\r\n', 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n', '0123456789', '00', '\r\nX'],
].flat();

const folder = process.env['HYPERION_CORPORA'] ?? new URL('../../../../shared/corpora', import.meta.url).pathname;
const CORPORA = ['llhttp.json', 'smuggler-default.json'];

/** The corpora that are not there, to be said in the test's output. */
export const missingCorpora: readonly string[] = CORPORA.filter((name) => !existsSync(`${folder}/${name}`));

const corpusSeeds = CORPORA.filter((name) => !missingCorpora.includes(name))
  .flatMap((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as { b64: string }[])
  .map(({ b64 }) => Buffer.from(b64, 'base64').toString('latin1'));

const swapCase = (character: string): string =>
  character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase();

const characters = (pattern: RegExp): string[] =>
  Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).filter((character) => pattern.test(character));

const TARGET_CHARACTERS = characters(/[\x21-\x7e]/);
const TOKEN_CHARACTERS = characters(/[!#$%&'*+.^_`|~0-9A-Za-z-]/);
const VALUE_CHARACTERS = characters(/[\t\x20-\x7e\x80-\xff]/);

const randomText = (random: Random, from: readonly string[], min: number, max: number): string =>
  Array.from({ length: random.integer(min, max) }, () => random.pick(from)).join('');

const randomCase = (random: Random, text: string): string =>
  text.replaceAll(/./g, (character) => (random.chance(0.2) ? swapCase(character) : character));

const randomLine = (random: Random): string => {
  const spaces = (): string => ' '.repeat(random.integer(0, 2));
  const fields = {
    any: () => [randomText(random, TOKEN_CHARACTERS, 1, 20), randomText(random, VALUE_CHARACTERS, 0, 30)],
    host: () => ['host', random.pick(['a', 'a.b-c:65535', '[::ffff:1.2.3.4]', '10.0.0.1:1', '~_.'])],
    length: () => ['content-length', '0'.repeat(random.integer(0, 3)) + random.integer(0, 40)],
    connection: () => ['connection', random.pick(['close', 'keep-alive'])],
  };
  const [name = '', value = ''] = fields[random.weighted({ any: 6, host: 2, length: 1, connection: 1 })]();
  return `${randomCase(random, name)}:${spaces()}${randomCase(random, value)}${spaces()}\r\n`;
};

/** A request out of all that the grammar allows, in about any order and number. */
const composedRequest = (random: Random): string => {
  const lineCount = random.chance(0.03) ? random.integer(30, 130) : random.integer(0, 6);
  const lines = Array.from({ length: lineCount }, () => randomLine(random)).join('');
  const target = randomText(random, TARGET_CHARACTERS, 0, 12);
  const body = randomText(random, VALUE_CHARACTERS, 0, 40);
  return `${random.pick(METHODS)} /${target} HTTP/1.${random.integer(0, 1)}\r\n${lines}\r\n${body}`;
};

const pickSeed = (random: Random): string => {
  const kind = random.integer(0, corpusSeeds.length === 0 ? 1 : 2);
  if (kind === 0) return random.pick(OWN_SEEDS);
  return kind === 1 ? composedRequest(random) : random.pick(corpusSeeds);
};

const splice = (text: string, at: number, deleteCount: number, insert: string): string =>
  text.slice(0, at) + insert + text.slice(at + deleteCount);

const randomByte = (random: Random): string => String.fromCharCode(random.integer(0, 255));

const linesOf = (text: string): string[] => text.split(/(?<=\r\n)/);

/** The eight ways in which a request is changed; `at` is a random position in it. */
const MUTATIONS: readonly ((text: string, at: number, random: Random) => string)[] = [
  (text, at, random) => splice(text, at, 1, randomByte(random)),
  (text, at, random) => splice(text, at, 0, randomByte(random)),
  (text, at, random) => splice(text, at, random.integer(1, 4), ''),
  (text, at, random) => splice(text, at, 0, random.pick(FRAGMENTS)),
  (text, at, random) => splice(text, at, random.integer(1, 8), random.pick(FRAGMENTS)),
  (text, at) => splice(text, at, 1, swapCase(text.charAt(at))),
  (text, _, random) => {
    // A line put elsewhere, or doubled: most of what is about framing is about lines.
    const lines = linesOf(text);
    const line = random.chance(0.3) ? random.pick(FRAGMENTS) : random.pick(lines);
    lines.splice(random.integer(0, lines.length), random.integer(0, 1), line);
    return lines.join('');
  },
  (text, at, random) => {
    const other = pickSeed(random);
    return text.slice(0, at) + other.slice(random.integer(0, other.length));
  },
];

const mutate = (random: Random, text: string): string =>
  random.pick(MUTATIONS)(text, random.integer(0, text.length), random);

/** The request that `number` stands for. */
export const mutatedRequest = (number: number): Buffer => {
  const random = new Random(number);
  let text = pickSeed(random);
  for (let changes = random.integer(0, 4); changes > 0; changes--) text = mutate(random, text);
  return Buffer.from(text, 'latin1');
};

/** A simple request whose body is as long as it says; the body may spell a request. */
const wholeRequest = (random: Random): string => {
  const hasBody = random.chance(0.5);
  const body = hasBody ? random.pick([...FRAGMENTS, ...OWN_SEEDS, '\r\n\r\n', 'x'.repeat(300)]) : '';
  const lines = [
    'Host: a',
    ...(hasBody || random.chance(0.2) ? [`Content-Length: ${body.length}`] : []),
    ...(random.chance(0.3) ? [`Connection: ${random.chance(0.15) ? 'close' : 'Keep-Alive'}`] : []),
    ...(random.chance(0.5) ? ['X-Any: \x80 \t'] : []),
  ];
  // BREW: framed by its form, refused by the parser and by llhttp.
  const method = random.chance(0.01) ? 'BREW' : random.pick(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'M-SEARCH']);
  const target = randomText(random, TARGET_CHARACTERS, 0, 12);
  const emptyLines = random.chance(0.1) ? '\r\n'.repeat(random.integer(1, 3)) : '';
  return `${emptyLines}${method} /${target} HTTP/1.${random.chance(0.1) ? 0 : 1}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
};

/** What one client sends over a connection: up to eight simple requests, in a third of the streams changed in one place. */
export const requestStream = (random: Random): Buffer => {
  const text = Array.from({ length: random.integer(1, 8) }, () => wholeRequest(random)).join('');
  return Buffer.from(random.chance(0.35) ? mutate(random, text) : text, 'latin1');
};
