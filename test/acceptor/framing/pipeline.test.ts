import test from 'ava';
import { Pipeline, type PipelineLimits } from '../../../src/acceptor/framing/pipeline.ts';
import { ReadBuffer } from '../../../src/acceptor/framing/read-buffer.ts';
import { get, post } from '../../helpers/acceptor-by-hand.ts';

const LIMITS: PipelineLimits = {
  maxHeaderBytes: 1024,
  maxBodyBytes: 4096,
  inlineBodyBytes: 512,
  maxInFlightPerConnection: 3,
};
const ODD = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';

/** A buffer that requests come into, and the verdicts on those that leave it. */
class Behind {
  readonly pipeline = new Pipeline();
  readonly buffer = new ReadBuffer(Buffer.alloc(0), 0, 0);

  come(text: string, running: 0 | 1 = 1): number {
    this.buffer.append(Buffer.from(text, 'latin1'), 0, text.length);
    return this.pipeline.note(this.buffer, running, LIMITS);
  }

  take(text: string): boolean {
    const isRefused = this.pipeline.take(text.length);
    this.buffer.start += text.length;
    return isRefused;
  }
}

test('those beyond the limit are refused, the running one counted', (t) => {
  const behind = new Behind();
  t.is(behind.come(get('/1') + get('/2') + get('/3') + get('/4')), 2);
  t.deepEqual(
    [get('/1'), get('/2'), get('/3'), get('/4')].map((text) => behind.take(text)),
    [false, false, true, true],
  );
});

test('with none running there is one place more', (t) => {
  t.is(new Behind().come(get().repeat(4), 0), 1);
});

test('refused ones hold no place, and taken ones give theirs back', (t) => {
  const behind = new Behind();
  t.is(behind.come(get().repeat(5)), 3);
  t.false(behind.take(get()));
  t.is(behind.come(get()), 0, 'one runs, one waits');
  t.is(behind.come(get()), 1);
  t.deepEqual(
    Array.from({ length: 6 }, () => behind.take(get())),
    [false, true, true, true, false, true],
  );
});

test('the verdict is of the instant at which a request is whole, however it is cut', (t) => {
  const text = post('/a', 'body of a') + get('/b') + post('/c', 'body of c') + get('/d');
  for (let cut = 1; cut < text.length; cut += 1) {
    const behind = new Behind();
    t.is(behind.come(text.slice(0, cut)) + behind.come(text.slice(cut)), 2, `cut at ${cut}`);
  }
  const behind = new Behind();
  let refused = 0;
  for (const byte of text) refused += behind.come(byte);
  t.is(refused, 2);
});

test('a request that was not whole when its turn came has no verdict, and the next ones are counted from there', (t) => {
  const behind = new Behind();
  const half = post('/', 'x'.repeat(100));
  behind.come(get());
  behind.come(half.slice(0, 50));
  t.false(behind.take(get()));
  // The acceptor goes on with it by itself.
  behind.buffer.append(Buffer.from(half.slice(50)), 0, half.length - 50);
  t.false(behind.take(half));
  t.is(behind.come(get().repeat(4)), 2);
});

test('behind what cannot be framed nothing is counted', (t) => {
  for (const odd of [ODD, 'no request\r\n\r\n', post('/', 'x'.repeat(600)), get('/', `A: ${'x'.repeat(2000)}\r\n`)]) {
    const behind = new Behind();
    t.is(behind.come(get() + odd + get().repeat(9)), 0, odd.slice(0, 20));
    t.is(behind.come(get().repeat(9)), 0);
    t.false(behind.take(get()));
  }
});
