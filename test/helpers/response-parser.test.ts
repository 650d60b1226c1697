/** The clients' parser must notice what a wrong server could send. */
import test from 'ava';
import { type ParsedResponse, ProtocolError, ResponseParser } from './response-parser.ts';

const parse = (wire: string, methods: readonly string[], pieceBytes = wire.length): ParsedResponse[] => {
  const responses: ParsedResponse[] = [];
  const parser = new ResponseParser((response) => responses.push(response));
  for (const method of methods) parser.expect(method);
  for (let at = 0; at < wire.length; at += pieceBytes)
    parser.push(Buffer.from(wire.slice(at, at + pieceBytes), 'latin1'));
  return responses;
};

const WIRE =
  'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n' +
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nx-after: yes\r\n\r\n' +
  'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n' +
  'HTTP/1.1 204 No Content\r\n\r\n';

for (const pieceBytes of [WIRE.length, 1, 7]) {
  test(`reads right responses in pieces of ${pieceBytes} bytes`, (t) => {
    const responses = parse(WIRE, ['GET', 'GET', 'HEAD', 'GET'], pieceBytes);
    t.deepEqual(
      responses.map(({ status, body }) => [status, body.toString()]),
      [
        [103, ''],
        [200, 'hello'],
        [200, 'abc0123456789'],
        [200, ''],
        [204, ''],
      ],
    );
    t.is(responses[2]?.trailers.get('x-after'), 'yes');
  });
}

const refuses = test.macro({
  title: (title) => `refuses ${title}`,
  exec(t, wire: string) {
    t.throws(() => parse(wire, ['GET']), { instanceOf: ProtocolError });
  },
});

test('bytes nobody asked for', refuses, 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n');
test('a byte behind a body', refuses, 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab');
test('another version', refuses, 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n');
test('a body where a head should be', refuses, 'hello');
test('two framings', refuses, 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n');
test('two lengths', refuses, 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na');
test('a reply without an end', refuses, 'HTTP/1.1 200 OK\r\n\r\n');
test('a header line without a colon', refuses, 'HTTP/1.1 204 OK\r\nbroken\r\n\r\n');
test('a chunk size that is none', refuses, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n');
test('a chunk longer than it says', refuses, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n');

test('knows that a response has begun', (t) => {
  const parser = new ResponseParser(() => {});
  parser.expect('GET');
  t.false(parser.hasBegun);
  parser.push(Buffer.from('HTTP'));
  t.true(parser.hasBegun);
});
