/** What is searched: the protocol as it is, and with each mistake. */
import type { Configuration, RequestKind } from './configuration.ts';
import * as bells from './mistakes/bells.ts';
import * as deaths from './mistakes/deaths.ts';
import { GENERATION_OF_CONNECTION } from './mistakes/generation.ts';
import * as ring from './mistakes/ring.ts';
import * as revokes from './mistakes/revokes.ts';
import * as words from './mistakes/words.ts';

const ONE: readonly RequestKind[] = ['keep'];
const TWO: readonly RequestKind[] = ['keep', 'keep'];

/** One client, one thread. */
const alone: Configuration = { clients: [TWO], threads: 1, ringSize: 2 };
const both: Configuration = { clients: [TWO], threads: 2, ringSize: 2 };
/** Two clients and room for one request. */
const crowded: Configuration = { clients: [ONE, ONE], threads: 1, ringSize: 1 };

/** Searched to the end in every run: no more than 150,000 states each. */
export const SMALL: Readonly<Record<string, Configuration>> = {
  'one thread': alone,
  'one thread, pipelining': { ...alone, pipelines: true, ringsAgain: true },
  'one thread, a death, each access a step': { ...alone, deaths: 1, everyAccess: true },
  'one thread, a death and a reset': { ...alone, clients: [ONE], deaths: 1, resets: 1 },
  'one thread, half-closing': { ...alone, ends: 1, answers: 'later' },
  'one thread that may run one request': { ...crowded, answers: 'later', concurrency: 1 },
  'one thread, room for one, a reset, interrupted once': { ...crowded, resets: 1, interruptions: 1 },
  'one thread, room for one, a death, interrupted once': { ...crowded, deaths: 1, interruptions: 1 },
  'one thread, no room for mail, a reset': { ...alone, mailboxSize: 0, resets: 1 },
  'one thread, a stop': { ...alone, stops: true },
  'one thread, a late handler': { ...alone, revokes: 1, answers: 'later' },
  'one thread, a late handler, a reset': { ...alone, clients: [ONE], revokes: 1, resets: 1, answers: 'after-102' },
  'one thread, a late handler, a death': { ...alone, clients: [ONE], revokes: 1, deaths: 1, answers: 'later' },
  'a lent connection, a death': { ...alone, clients: [['lend', 'keep']], deaths: 1, answers: 'after-102' },
  'two threads': both,
  'two threads, 102 before the reply, a close': { ...both, clients: [['close']], answers: 'after-102', resets: 1 },
  'two threads, a death': { ...both, clients: [ONE], deaths: 1 },
  'two threads, a slot used again': {
    ...both,
    clients: [ONE, ONE],
    connectsAfter: { 1: 0 },
    resets: 1,
    answers: 'later',
  },
  'two threads, late handlers, interrupted once': { ...both, revokes: 2, answers: 'later', interruptions: 1 },
  'two threads, room for one, interrupted twice': { ...crowded, threads: 2, interruptions: 2 },
};

/** With HYPERION_LONG=1, as far as the limit reaches. */
export const LARGE: Readonly<Record<string, Configuration>> = {
  '1 client with 2, 1 death': { ...both, deaths: 1 },
  '1 client with 2, 1 reset': { ...both, resets: 1 },
  '1 client with 2, 1 half-close': { ...both, ends: 1 },
  '1 client with 2, 1 death, 1 reset': { ...both, deaths: 1, resets: 1 },
  '1 client with 2, room for one, 2 deaths': { ...both, ringSize: 1, deaths: 2 },
  '1 client with 3, interrupted 3 times, 2 deaths': {
    ...both,
    clients: [['keep', 'keep', 'keep']],
    deaths: 2,
    interruptions: 3,
  },
  '1 client with 2, 2 late handlers, 1 death': { ...both, revokes: 2, deaths: 1, answers: 'later' },
  '1 client with 2, 1 late handler, 1 reset, 1 half-close': {
    ...both,
    revokes: 1,
    resets: 1,
    ends: 1,
    answers: 'later',
  },
  '2 clients with 2 and 1, room for one, 2 late handlers, 1 death, interrupted twice': {
    ...both,
    clients: [TWO, ONE],
    ringSize: 1,
    revokes: 2,
    deaths: 1,
    interruptions: 2,
    answers: 'later',
  },
  '2 clients with 1': { ...both, clients: [ONE, ONE] },
  '2 clients with 1, room for one': { ...both, clients: [ONE, ONE], ringSize: 1 },
  '2 clients with 1, room for one, 1 death': { ...both, clients: [ONE, ONE], ringSize: 1, deaths: 1 },
  '2 clients with 1, room for one, 1 death, 1 reset': {
    ...both,
    clients: [ONE, ONE],
    ringSize: 1,
    deaths: 1,
    resets: 1,
  },
  '2 clients with 1, room for one, 1 stop, answers later': {
    ...both,
    clients: [ONE, ONE],
    ringSize: 1,
    stops: true,
    answers: 'later',
  },
  '2 clients with 2 and 1': { ...both, clients: [TWO, ONE] },
  '2 clients with 2 and 2, interrupted once, 1 death': { ...both, clients: [TWO, TWO], interruptions: 1, deaths: 1 },
  '2 clients with 2 and 1, interrupted twice, 1 death, 1 reset, 1 half-close': {
    ...both,
    clients: [TWO, ONE],
    ringSize: 1,
    interruptions: 2,
    deaths: 1,
    resets: 1,
    ends: 1,
  },
  '3 clients, one in the slot of another, 2 resets, 1 death, interrupted twice': {
    ...both,
    clients: [ONE, ONE, ONE],
    connectsAfter: { 2: 0 },
    ringSize: 1,
    resets: 2,
    deaths: 1,
    interruptions: 2,
    answers: 'later',
  },
  'a lent connection, 1 death, 1 reset': {
    ...both,
    clients: [['lend', 'keep']],
    deaths: 1,
    resets: 1,
    answers: 'after-102',
  },
  'a lent connection beside a request, 1 death, room for one': {
    ...both,
    clients: [['lend'], ONE],
    ringSize: 1,
    deaths: 1,
  },
};

export interface FoundMistake {
  readonly configuration: Configuration;
  /** What the search complains of. */
  readonly complaint: RegExp;
}

const LOST = /a request is lost/;

/** Each must be found in every run. */
export const FOUND: Readonly<Record<string, FoundMistake>> = {
  'an idle word has no owner': {
    configuration: { ...alone, deaths: 1, mistake: words.IDLE_WORD_WITHOUT_OWNER },
    complaint: LOST,
  },
  'a death settles only running and replying words': {
    configuration: { ...alone, deaths: 1, mistake: deaths.IDLE_WORDS_NOT_SETTLED },
    complaint: LOST,
  },
  'a loan ends by a load and a store': {
    configuration: { ...alone, mistake: words.END_WITHOUT_SWAP },
    complaint: LOST,
  },
  'no second look at the queue after "asleep"': {
    configuration: { ...alone, mistake: bells.NO_SECOND_LOOK },
    complaint: /a lost wake-up/,
  },
  'overflow: no retry after the flag is set': {
    configuration: { ...crowded, mistake: ring.NO_RETRY_AFTER_FLAG },
    complaint: LOST,
  },
  'overflow: "full" judged by a head that a thread died before moving': {
    configuration: { ...crowded, deaths: 1, mistake: ring.HEAD_LEFT_TO_THREADS },
    complaint: LOST,
  },
  'a cancelled entry is not freed': {
    configuration: { ...crowded, resets: 1, mistake: ring.CANCELLED_ENTRY_KEPT },
    complaint: LOST,
  },
  'overflow is not drained after a cancel': {
    configuration: { ...crowded, resets: 1, mistake: ring.NO_DRAIN_AFTER_CANCEL },
    complaint: LOST,
  },
  'the head is not moved past a cancelled entry': {
    configuration: { ...crowded, resets: 1, mistake: ring.HEAD_LEFT_TO_THREADS },
    complaint: LOST,
  },
  'the generation is counted by each connection': {
    configuration: {
      ...both,
      clients: [TWO, ONE],
      sendsAfter: { 1: 0 },
      startsAwake: true,
      interruptions: 1,
      mistake: GENERATION_OF_CONNECTION,
    },
    complaint: /another connection's request/,
  },
  // Beyond the table of the evidence: other rules left out.
  'a new thread is not rung for what waits': {
    configuration: { ...alone, deaths: 1, mistake: bells.NO_RING_WHEN_READY },
    complaint: /a lost wake-up/,
  },
  'a reply begins and forgets `more`': {
    configuration: { ...alone, mistake: words.REPLY_FORGETS_MORE },
    complaint: LOST,
  },
  'a reply is written before the word says so': {
    configuration: { ...alone, mistake: words.REPLY_BEFORE_ITS_SWAP },
    complaint: /writes without the right/,
  },
  'the tail moves before the word waits': {
    configuration: { ...alone, mistake: words.TAIL_BEFORE_WORD },
    complaint: LOST,
  },
  'the bell is answered after the mail is read': {
    configuration: {
      ...alone,
      clients: [['close'], ['close']],
      sendsAfter: { 1: 0 },
      mistake: bells.BELL_ANSWERED_AFTER_MAIL,
    },
    complaint: /a word is stuck/,
  },
  '"look at all of mine" is not heeded': {
    configuration: { ...alone, mailboxSize: 0, mistake: bells.FULL_MAILBOX_IGNORED },
    complaint: LOST,
  },
  'an entry is used again before it is free': {
    configuration: { ...crowded, mistake: ring.ENTRY_REUSED_UNFREED },
    complaint: /entry that was being written|written while a thread read it/,
  },
  'the overflow flag is read before the entry is freed': {
    configuration: { ...crowded, mistake: ring.FLAG_READ_BEFORE_FREEING },
    complaint: LOST,
  },
  'a claim that was not counted stays in pending': {
    configuration: { ...alone, deaths: 1, mistake: deaths.UNCOUNTED_CLAIM_FORGOTTEN },
    complaint: /pending is 1/,
  },
  'a request that was claimed and not yet copied is taken back': {
    configuration: { ...alone, deaths: 1, revokes: 1, mistake: revokes.STARTED_AT_ITS_CLAIM },
    complaint: /without a loan of it|an entry is never freed/,
  },
  'so it is when the start of the last one was not cleared': {
    configuration: { ...alone, deaths: 1, revokes: 1, mistake: revokes.START_NOT_CLEARED },
    complaint: /without a loan of it|an entry is never freed/,
  },
  'a request is taken back by a load and a store': {
    configuration: { ...alone, revokes: 1, answers: 'later', mistake: revokes.REVOKE_WITHOUT_SWAP },
    complaint: /writes without the right to/,
  },
  'a late thread does not heed that it has lost': {
    configuration: { ...alone, revokes: 1, answers: 'later', mistake: revokes.LATE_REPLY_WRITTEN },
    complaint: /writes without the right/,
  },
  "a dead thread's entries are not freed": {
    configuration: { ...alone, deaths: 1, mistake: deaths.HELD_ENTRIES_KEPT },
    complaint: /an entry is never freed/,
  },
};

/** Has no consequence but time: the thread that replaces the dead one pulls by itself. */
export const HARMLESS: Configuration = { ...alone, deaths: 1, mistake: bells.NO_RING_AFTER_DEATH };
