/**
 * Whole connections: streams of requests, cut at random bytes, through the scan as an acceptor
 * uses it (scan, skip the body, reset, go on), and byte by byte through llhttp. Every message must
 * begin and end at the same byte. 5,000 streams, 300,000 with HYPERION_LONG=1. A failure names its
 * stream: HYPERION_SEED=<number> begins there.
 */
import test from 'ava';
import { HEAD_INCOMPLETE, HEAD_SIMPLE, HeadScan } from '../../src/acceptor/framing/framing.ts';
import { parseHead } from '../../src/app-adapter/head-parser.ts';
import { LlhttpReader } from '../helpers/llhttp.ts';
import { requestStream } from '../helpers/mutated-requests.ts';
import { Random, seedFromEnvironment } from '../helpers/random.ts';

const STREAMS = process.env['HYPERION_LONG'] === '1' ? 300_000 : 5_000;
const MAX_HEADER_BYTES = 16_384;

/** One message: its place in the stream, and what it asks for. */
interface Message {
  begin: number;
  end: number;
  url: string;
  bodyBytes: number;
}

/** Why the reading of a stream ended. `lent`: not simple; `refused`: the thread did not parse it. */
type Ending = 'incomplete' | 'lent' | 'refused' | 'closed';

interface Framed {
  messages: Message[];
  ending: Ending;
}

/** Frames what comes, piece by piece, the way an acceptor does; each piece moves the bytes that are kept. */
class StreamFramer {
  readonly messages: Message[] = [];
  ending: Ending = 'incomplete';
  readonly #scan = new HeadScan();
  #kept: Buffer = Buffer.alloc(0);
  /** Offset in the stream of the first byte kept. */
  #offset = 0;
  #isHeadKnown = false;

  push(piece: Buffer): void {
    this.#kept = Buffer.concat([this.#kept, piece]);
    while (this.ending === 'incomplete' && this.#frameNext());
  }

  #frameNext(): boolean {
    const scan = this.#scan;
    const kept = this.#kept;
    if (!this.#isHeadKnown) {
      const verdict = scan.scan(kept, 0, kept.length, MAX_HEADER_BYTES);
      if (verdict === HEAD_INCOMPLETE) return false;
      if (verdict !== HEAD_SIMPLE) {
        this.ending = 'lent';
        return false;
      }
      this.#isHeadKnown = true;
    }
    const { headStart, headEnd, contentLength, keepAlive } = scan;
    const end = headEnd + contentLength;
    if (kept.length < end) return false;
    const head = parseHead(kept, headStart, headEnd);
    if (head?.contentLength !== contentLength) {
      this.ending = 'refused';
      return false;
    }
    const { target: url } = head;
    this.messages.push({ begin: this.#offset + headStart, end: this.#offset + end, url, bodyBytes: contentLength });
    if (!keepAlive) this.ending = 'closed';
    this.#kept = kept.subarray(end);
    this.#offset += end;
    this.#isHeadKnown = false;
    scan.reset();
    return true;
  }
}

const frame = (stream: Buffer, random: Random): Framed => {
  const framer = new StreamFramer();
  const largestPiece = random.pick([1, 3, 20, 200, stream.length]);
  for (let at = 0; at < stream.length;) {
    const end = Math.min(stream.length, at + random.integer(1, largestPiece));
    framer.push(stream.subarray(at, end));
    at = end;
  }
  return framer;
};

const readByLlhttp = (stream: Buffer): { messages: Message[]; error: string | undefined } => {
  const reader = new LlhttpReader();
  const messages: Message[] = [];
  let begin = 0;
  for (let at = 0; at < stream.length && reader.error === undefined; at++) {
    const begunCount = reader.messages.length;
    reader.feed(stream.subarray(at, at + 1));
    if (reader.messages.length > begunCount) begin = at;
    const last = reader.messages.at(-1);
    if (last?.isComplete === true && messages.length < reader.messages.length) {
      messages.push({ begin, end: at + 1, url: last.url, bodyBytes: last.bodyBytes });
    }
  }
  reader.close();
  return { messages, error: reader.error };
};

const compare = (ours: Framed, theirs: ReturnType<typeof readByLlhttp>): string | undefined => {
  const same = theirs.messages.slice(0, ours.messages.length);
  if (JSON.stringify(ours.messages) !== JSON.stringify(same)) {
    return `ours ${JSON.stringify(ours.messages)}\nllhttp's ${JSON.stringify(theirs.messages)} ${theirs.error}`;
  }
  // Only what is lent may hold more: node:http reads it.
  if (ours.ending !== 'lent' && theirs.messages.length > same.length) return `${ours.ending}, llhttp reads more`;
  if (ours.ending === 'refused' && theirs.error === undefined) return 'refused, llhttp does not';
  return undefined;
};

test('every message of a stream begins and ends where llhttp says, however it is cut', (t) => {
  const seed = seedFromEnvironment();
  const endings: Record<Ending, number> = { incomplete: 0, lent: 0, refused: 0, closed: 0 };
  let messageCount = 0;
  for (let number = seed; number < seed + STREAMS; number++) {
    const random = new Random(number);
    const stream = requestStream(random);
    const ours = frame(stream, random);
    const fault = compare(ours, readByLlhttp(stream));
    if (fault !== undefined) {
      t.fail(`HYPERION_SEED=${number}: ${fault}\n${JSON.stringify(stream.toString('latin1'))}`);
      return;
    }
    endings[ours.ending]++;
    messageCount += ours.messages.length;
  }
  t.log(`seed ${seed}: ${STREAMS} streams, ${messageCount} messages, ${JSON.stringify(endings)}`);
  t.true(messageCount > 2 * STREAMS);
  for (const count of Object.values(endings)) t.true(count > 0);
});

const notices = test.macro<[string, (framed: Framed) => Framed]>({
  exec(t, _, change) {
    for (let number = 1; number < 500; number++) {
      const random = new Random(number);
      const stream = requestStream(random);
      const { messages, ending } = frame(stream, random);
      const changed = change({ messages: [...messages], ending });
      if (compare(changed, readByLlhttp(stream)) !== undefined) {
        t.pass();
        return;
      }
    }
    t.fail('not noticed');
  },
  title: (_, what) => `the comparison notices ${what}`,
});

const changeLast = (framed: Framed, change: (message: Message) => Message): Framed => ({
  ...framed,
  messages: framed.messages.map((message, index) => (index === framed.messages.length - 1 ? change(message) : message)),
});

test(notices, 'a message that is not there', ({ messages, ending }) => ({
  messages: [...messages, { begin: 0, end: 1, url: '/', bodyBytes: 0 }],
  ending,
}));
test(notices, 'a message that is missing', ({ messages, ending }) => ({ messages: messages.slice(0, -1), ending }));
test(notices, 'a wrong begin', (framed) => changeLast(framed, (message) => ({ ...message, begin: message.begin - 1 })));
test(notices, 'a wrong end', (framed) => changeLast(framed, (message) => ({ ...message, end: message.end + 1 })));
test(notices, 'a wrong body', (framed) =>
  changeLast(framed, (message) => ({ ...message, bodyBytes: message.bodyBytes + 1 })),
);
test(notices, 'a refusal without reason', ({ messages }) => ({ messages, ending: 'refused' }));
