/**
 * Scan and head parser against llhttp, over mutated requests: 20,000 of them, 2,000,000 with
 * HYPERION_LONG=1. A failure names the number of its request: HYPERION_SEED=<number> begins there.
 */
import test from 'ava';
import {
  HEAD_INCOMPLETE,
  HEAD_NOT_SIMPLE,
  HEAD_SIMPLE,
  HeadScan,
  type HeadVerdict,
} from '../../src/acceptor/framing/framing.ts';
import { parseHead, type RequestHead } from '../../src/app-adapter/head-parser.ts';
import { HeadCheck, type ParseHead } from '../helpers/head-check.ts';
import { missingCorpora, mutatedRequest } from '../helpers/mutated-requests.ts';
import { seedFromEnvironment } from '../helpers/random.ts';

const REQUESTS = process.env['HYPERION_LONG'] === '1' ? 2_000_000 : 20_000;

test('mutated requests are framed and parsed as llhttp reads them', (t) => {
  const seed = seedFromEnvironment();
  const counts: Record<HeadVerdict, number> = [0, 0, 0, 0];
  const checker = new HeadCheck(new HeadScan(), parseHead);
  for (let number = seed; number < seed + REQUESTS; number++) {
    const request = mutatedRequest(number);
    const { verdict, fault } = checker.check(request);
    counts[verdict]++;
    if (fault !== undefined) {
      t.fail(`HYPERION_SEED=${number}: ${fault}\n${JSON.stringify(request.toString('latin1'))}`);
      return;
    }
  }
  for (const corpus of missingCorpora) t.log(`skipped: the corpus ${corpus} is not here (HYPERION_CORPORA)`);
  t.log(`seed ${seed}: ${REQUESTS} requests, ${counts[HEAD_SIMPLE]} simple, ${counts[HEAD_NOT_SIMPLE]} not simple`);
  // Else the mutations have become so wild, or the grammar so narrow, that nothing was compared.
  t.true(counts[HEAD_SIMPLE] > REQUESTS / 20);
  t.true(counts[HEAD_NOT_SIMPLE] > REQUESTS / 5);
});

/** A scan whose verdicts or facts are changed after the fact. */
class WrongScan extends HeadScan {
  readonly #change: (scan: HeadScan, verdict: HeadVerdict, scannedBytes: number) => HeadVerdict | void;

  constructor(change: (scan: HeadScan, verdict: HeadVerdict, scannedBytes: number) => HeadVerdict | void) {
    super();
    this.#change = change;
  }

  override scan(bytes: Uint8Array, start: number, end: number, maxHeaderBytes: number): HeadVerdict {
    const verdict = super.scan(bytes, start, end, maxHeaderBytes);
    return this.#change(this, verdict, end - start) ?? verdict;
  }
}

const parsing =
  (change: (head: RequestHead) => Partial<RequestHead> | undefined): ParseHead =>
  (bytes, start, end) => {
    const head = parseHead(bytes, start, end);
    const changed = head === undefined ? undefined : change(head);
    return head === undefined || changed === undefined ? undefined : { ...head, ...changed };
  };

const notices = test.macro<[string, HeadScan, ParseHead, RegExp]>({
  exec(t, _, scan, parse, expected) {
    const checker = new HeadCheck(scan, parse);
    for (let number = 1; number < 20_000; number++) {
      const { fault } = checker.check(mutatedRequest(number));
      if (fault === undefined) continue;
      t.regex(fault, expected);
      return;
    }
    t.fail('not noticed');
  },
  title: (_, what) => `the check notices ${what}`,
});

const right = new HeadScan();
const tooEarly = new WrongScan((_, verdict, size) =>
  verdict === HEAD_INCOMPLETE && size < 9 ? HEAD_NOT_SIMPLE : verdict,
);
const cutDependent = new WrongScan((_, verdict, size) => (size % 4 === 0 ? HEAD_INCOMPLETE : verdict));
const tooShort = new WrongScan((scan, verdict) => {
  if (verdict === HEAD_SIMPLE) scan.headEnd -= 2;
});
const tooLong = new WrongScan((scan, verdict) => {
  if (verdict === HEAD_SIMPLE) scan.contentLength += 1;
});
const alwaysKeepsAlive = new WrongScan((scan, verdict) => {
  if (verdict === HEAD_SIMPLE) scan.keepAlive = true;
});
const tooStrict = new WrongScan((_, verdict) => (verdict === HEAD_SIMPLE ? HEAD_NOT_SIMPLE : verdict));

test(notices, 'a prefix that is refused', tooEarly, parseHead, /^verdict 2 after|byte by byte/);
test(notices, 'a verdict that depends on the cuts', cutDependent, parseHead, /byte by byte/);
test(notices, 'a head that ends too early', tooShort, parseHead, /^headEnd/);
test(notices, 'a length that differs', tooLong, parseHead, /^length framed/);
test(notices, 'a keep-alive that differs', alwaysKeepsAlive, parseHead, /^keepAlive framed true/);
test(notices, 'what only the parser takes', tooStrict, parseHead, /^parsed, but not framed/);
test(
  notices,
  'what only the scan takes',
  right,
  parsing(() => undefined),
  /with the known method/,
);
test(
  notices,
  'a wrong method',
  right,
  parsing(() => ({ method: 'POST' })),
  /^method/,
);
test(
  notices,
  'a wrong url',
  right,
  parsing((head) => ({ target: head.target.slice(1) })),
  /^url/,
);
test(
  notices,
  'a wrong version',
  right,
  parsing((head) => ({ isHttp10: !head.isHttp10 })),
  /^version/,
);
test(
  notices,
  'a wrong header',
  right,
  parsing((head) => ({ rawHeaders: head.rawHeaders.map((text) => text.replaceAll('\t', ' ')) })),
  /^rawHeaders/,
);
test(
  notices,
  'a body that both misread',
  tooLong,
  parsing((head) => ({ contentLength: head.contentLength + 1 })),
  /^llhttp ends the message earlier/,
);
test(
  notices,
  'a keep-alive that both misread',
  alwaysKeepsAlive,
  parsing(() => ({ keepAlive: true })),
  /^keepAlive: ours true/,
);
