/**
 * The `Memory` that the model gives to the real code: each access goes to the tape. The content of a
 * ring entry (descriptor, lengths, bytes: plain data that only its claim makes readable) is one
 * place: the acceptor's write of it is GARBAGE from its first store until all of it stands there,
 * and a thread's read looks at its begin and again when it frees the entry. So two that overlap
 * are seen, wherever in between. Writes and reads of contents come here from `fake-node.ts`.
 */
import type { Memory } from '../../../src/shared/memory/cells.ts';
import { type Layout, MAILBOX_SIZE } from '../../../src/shared/memory/layout.ts';
import { type Configuration, readTarget, requestBytes } from './configuration.ts';
import { TORN } from './effects.ts';
import { type EntryContent, FIRST_DESCRIPTOR } from './fake-node.ts';
import type { Place, Places } from './places.ts';
import { ADD, EXCHANGE, LOAD, OR, STORE, STORE_AFTER_READ, SWAP, type Tape } from './tape.ts';

/** Being written. 0: never written. */
export const GARBAGE = -1;

export const packContent = (descriptor: number, client: number, nth: number): number =>
  (((descriptor - FIRST_DESCRIPTOR) << 16) | (client << 8) | nth) + 1;

export const descriptorOfContent = (content: number): number => FIRST_DESCRIPTOR + ((content - 1) >> 16);
const clientOfContent = (content: number): number => ((content - 1) >> 8) & 0xff;
const nthOfContent = (content: number): number => (content - 1) & 0xff;

/** Times, statistics and methods: nothing that the model has is decided by them. */
const IGNORED: ReadonlySet<string> = new Set(['FINISHED_AT', 'HEAD_REQUEST', 'SERVED', 'BEAT', 'UPGRADED']);

export class ModelMemory implements Memory {
  protected readonly tape: Tape;
  protected readonly places: Places;

  constructor(tape: Tape, places: Places) {
    this.tape = tape;
    this.places = places;
  }

  load(cell: number): number {
    const place = this.places.of(cell);
    return this.#isIgnored(place) ? 0 : this.access(LOAD, place, 0, 0);
  }

  store(cell: number, value: number): void {
    const place = this.places.of(cell);
    if (this.#isIgnored(place)) return;
    const isTime = this.#kindOf(place) === 'STARTED_AT';
    this.access(STORE, place, isTime && value !== 0 ? 1 : value, 0);
  }

  compareExchange(cell: number, expected: number, value: number): number {
    return this.access(SWAP, this.places.of(cell), expected, value);
  }

  exchange(cell: number, value: number): number {
    return this.access(EXCHANGE, this.places.of(cell), value, 0);
  }

  add(cell: number, value: number): number {
    const place = this.places.of(cell);
    return this.#isIgnored(place) ? 0 : this.access(ADD, place, value, 0);
  }

  or(cell: number, bits: number): number {
    return this.access(OR, this.places.of(cell), bits, 0);
  }

  protected access(operation: number, place: number, first: number, second: number): number {
    return this.tape.access(operation, place, first, second);
  }

  #isIgnored(place: number): boolean {
    const kind = this.#kindOf(place);
    if (kind === 'ENTRY_CONTENT') throw new Error('The content of an entry is plain data.');
    return IGNORED.has(kind);
  }

  #kindOf(place: number): Place['kind'] {
    return (this.places.all[place] as Place).kind;
  }
}

/** Writes entries: descriptor and bytes become one value. */
export class AcceptorMemory extends ModelMemory {
  readonly #layout: Layout;

  constructor(tape: Tape, places: Places, layout: Layout) {
    super(tape, places);
    this.#layout = layout;
  }

  writeEntry(index: number, { descriptor, bytes }: EntryContent): void {
    const text = Buffer.from(bytes).toString('latin1');
    if (text.split('GET ').length !== 2) throw new Error('The model lends one request at a time.');
    const place = this.places.named('ENTRY_CONTENT', index & (this.#layout.ringSize - 1));
    this.tape.access(STORE, place, GARBAGE, 0);
    const [, target = ''] = text.split(' ');
    const [client, nth] = readTarget(target);
    this.tape.access(STORE, place, packContent(descriptor, client, nth), 0);
  }
}

/** Reads entries: gives what belongs to the value read. */
export class ThreadCells extends ModelMemory {
  readonly #layout: Layout;
  readonly #configuration: Configuration;
  #reading: { readonly position: number; readonly content: number } | undefined;

  constructor(tape: Tape, places: Places, layout: Layout, configuration: Configuration) {
    super(tape, places);
    this.#layout = layout;
    this.#configuration = configuration;
  }

  /** A mailbox of fewer letters looks as if more had not been read. */
  override load(cell: number): number {
    const held = super.load(cell);
    if ((this.places.all[this.places.of(cell)] as Place).kind !== 'MAIL_HEAD') return held;
    return (held - (MAILBOX_SIZE - (this.#configuration.mailboxSize ?? MAILBOX_SIZE))) | 0;
  }

  readEntry(index: number): EntryContent {
    const position = index & (this.#layout.ringSize - 1);
    const content = this.tape.access(LOAD, this.places.named('ENTRY_CONTENT', position), 0, 0);
    if (content <= 0) this.tape.effect(TORN, 0, 0, 0);
    this.#reading = { position, content };
    const client = clientOfContent(content);
    const bytes = requestBytes(this.#configuration, client, nthOfContent(content));
    return { descriptor: descriptorOfContent(content), bytes, serial: client };
  }

  /** The entry that was read is freed: its content must still be the same. */
  protected override access(operation: number, place: number, first: number, second: number): number {
    const { kind, of } = this.places.all[place] as Place;
    const reading = this.#reading;
    if (reading === undefined || kind !== 'ENTRY_STATE' || of !== reading.position || operation !== STORE) {
      return super.access(operation, place, first, second);
    }
    this.#reading = undefined;
    return super.access(STORE_AFTER_READ, place, first, reading.content);
  }
}
