/** Loans are only named here: what they do is in `held-loan.test.ts` and `pull-loop.test.ts`. */
import test from 'ava';
import type { HeldLoan } from '../../src/app-adapter/held-loan.ts';
import { LoanBook } from '../../src/app-adapter/loan-book.ts';

const loan = (slot: number, generation: number): HeldLoan => ({ slot, generation }) as HeldLoan;

test('a loan is found by its slot and generation until it is removed', (t) => {
  const book = new LoanBook();
  const one = loan(3, 7);
  book.add(one);
  t.is(book.newestIn(3), one);
  t.is(book.find(3, 7), one);
  t.is(book.find(3, 8), undefined);
  t.is(book.find(4, 7), undefined);
  t.deepEqual([...book.all], [one]);
  book.remove(one);
  t.is(book.find(3, 7), undefined);
});

test('the end of an older loan of the connection leaves the newer one', (t) => {
  const book = new LoanBook();
  const [older, newer] = [loan(3, 7), loan(3, 8)];
  book.add(older);
  book.add(newer);
  book.remove(older);
  t.is(book.newestIn(3), newer);
});

test('who waits for the book to be empty is called once, at once where it is', (t) => {
  const book = new LoanBook();
  let calls = 0;
  book.onceEmpty(() => (calls += 1));
  t.is(calls, 1);
  const [one, other] = [loan(1, 1), loan(2, 1)];
  book.add(one);
  book.add(other);
  book.onceEmpty(() => (calls += 1));
  book.remove(one);
  t.is(calls, 1);
  book.remove(other);
  t.is(calls, 2);
  book.add(one);
  book.remove(one);
  t.is(calls, 2);
});
