import test from 'ava';
import { classify, type RequestKind } from '../../../src/acceptor/framing/classify.ts';
import {
  HEAD_INCOMPLETE,
  HEAD_NOT_SIMPLE,
  HEAD_SIMPLE,
  HEAD_TOO_LARGE,
  type HeadVerdict,
} from '../../../src/acceptor/framing/framing.ts';

const HEAD_END = 100;

interface Case {
  readonly verdict?: HeadVerdict;
  readonly contentLength?: number;
  readonly available?: number;
  readonly maxBodyBytes?: number;
  readonly inlineBodyBytes?: number;
}

const isKind = test.macro({
  title: (_, kind: RequestKind, given: Case) => `${kind}: ${JSON.stringify(given)}`,
  exec(t, kind: RequestKind, given: Case) {
    const {
      verdict = HEAD_SIMPLE,
      contentLength = 0,
      available = HEAD_END,
      maxBodyBytes = 1000,
      inlineBodyBytes = 500,
    } = given;
    t.is(classify(verdict, HEAD_END, contentLength, available, { maxBodyBytes, inlineBodyBytes }), kind);
  },
});

test(isKind, 'incomplete', { verdict: HEAD_INCOMPLETE, available: 5000 });
test(isKind, 'head-too-large', { verdict: HEAD_TOO_LARGE, available: 5000 });
test(isKind, 'connection', { verdict: HEAD_NOT_SIMPLE, available: 3 });
test(isKind, 'request', {});
test(isKind, 'request', { available: 5000 });
// The body, to the byte.
test(isKind, 'incomplete', { contentLength: 10, available: 109 });
test(isKind, 'request', { contentLength: 10, available: 110 });
test(isKind, 'request', { contentLength: 10, available: 111 });
// Waited for up to the inline limit, lent from there on, refused above the body limit: all before it has come.
test(isKind, 'incomplete', { contentLength: 500 });
test(isKind, 'request', { contentLength: 500, available: 600 });
test(isKind, 'connection', { contentLength: 501 });
test(isKind, 'connection', { contentLength: 501, available: 601 });
test(isKind, 'connection', { contentLength: 1000 });
test(isKind, 'body-too-large', { contentLength: 1001 });
// Limits that are off, or the other way round.
test(isKind, 'connection', { contentLength: 999_999_999_999_999, maxBodyBytes: 0 });
test(isKind, 'connection', { contentLength: 1, inlineBodyBytes: 0 });
test(isKind, 'request', { contentLength: 0, inlineBodyBytes: 0 });
test(isKind, 'body-too-large', { contentLength: 20, maxBodyBytes: 10 });
