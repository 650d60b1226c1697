/**
 * The `Memory` that the model gives to the real code: each access goes to the tape. The content of a
 * ring entry (descriptor, lengths, bytes: plain data that only its claim makes readable) is one
 * place: the acceptor's write of it is GARBAGE from its first store until all of it stands there,
 * and a thread's read looks at its begin and again when it frees the entry. So two that overlap
 * are seen, wherever in between.
 */
import type { Memory } from '../../../src/shared/cells.ts';
import {
  ENTRY_BYTES,
  ENTRY_DESCRIPTOR,
  ENTRY_HEAD_LENGTH,
  ENTRY_LENGTH,
  entryCell,
  type Layout,
  MAILBOX_SIZE,
} from '../../../src/shared/layout.ts';
import { type Configuration, readTarget, requestBytes } from './configuration.ts';
import { TORN } from './effects.ts';
import { FIRST_DESCRIPTOR } from './fake-node.ts';
import type { Place, Places } from './places.ts';
import { ADD, EXCHANGE, LOAD, OR, STORE, STORE_AFTER_READ, SWAP, type Tape } from './tape.ts';

/** Being written. 0: never written. */
export const GARBAGE = -1;
const UNIT = 64;

export const packContent = (descriptor: number, client: number, nth: number): number =>
  (((descriptor - FIRST_DESCRIPTOR) << 16) | (client << 8) | nth) + 1;

export const descriptorOfContent = (content: number): number => FIRST_DESCRIPTOR + ((content - 1) >> 16);
const clientOfContent = (content: number): number => ((content - 1) >> 8) & 0xff;
const nthOfContent = (content: number): number => (content - 1) & 0xff;

export abstract class ModelMemory implements Memory {
  protected readonly tape: Tape;
  protected readonly places: Places;

  constructor(tape: Tape, places: Places) {
    this.tape = tape;
    this.places = places;
  }

  /** An entry's content is read or written: the value, or undefined if the place is an ordinary one. */
  protected abstract content(cell: number, place: number, of: Place, value: number | undefined): number | undefined;
  /** Before any other access. Gives the content that was read if this one frees its entry, else 0. */
  protected abstract before(of: Place, isStore: boolean): number;

  load(cell: number): number {
    const place = this.places.of(cell);
    return this.#content(cell, place, undefined) ?? this.#access(LOAD, place, 0, 0);
  }

  store(cell: number, value: number): void {
    const place = this.places.of(cell);
    if (this.#content(cell, place, value) === undefined) this.#access(STORE, place, value, 0);
  }

  compareExchange(cell: number, expected: number, value: number): number {
    return this.#access(SWAP, this.places.of(cell), expected, value);
  }

  exchange(cell: number, value: number): number {
    return this.#access(EXCHANGE, this.places.of(cell), value, 0);
  }

  add(cell: number, value: number): number {
    return this.#access(ADD, this.places.of(cell), value, 0);
  }

  or(cell: number, bits: number): number {
    return this.#access(OR, this.places.of(cell), bits, 0);
  }

  #content(cell: number, place: number, value: number | undefined): number | undefined {
    const of = this.places.all[place] as Place;
    // Times and statistics: nothing that the model has is decided by them.
    if (of.kind === 'FINISHED_AT' || of.kind === 'SERVED') return 0;
    return of.kind === 'ENTRY_CONTENT' ? this.content(cell, place, of, value) : undefined;
  }

  #access(operation: number, place: number, first: number, second: number): number {
    const read = this.before(this.places.all[place] as Place, operation === STORE);
    if (read !== 0) return this.tape.access(STORE_AFTER_READ, place, first, read);
    return this.tape.access(operation, place, first, second);
  }
}

/** Writes entries: the fields and bytes of the real `RingWriter` become one value. */
export class AcceptorMemory extends ModelMemory {
  readonly #layout: Layout;
  readonly #bytes: Buffer;
  #written: { readonly place: number; readonly position: number; readonly fields: Map<number, number> } | undefined;

  constructor(tape: Tape, places: Places, layout: Layout, buffer: SharedArrayBuffer) {
    super(tape, places);
    this.#layout = layout;
    this.#bytes = Buffer.from(buffer);
  }

  protected content(cell: number, place: number, { of: position }: Place, value: number | undefined): number {
    if (value === undefined) throw new Error('The acceptor reads what it wrote into an entry.');
    if (this.#written?.place !== place) {
      this.tape.access(STORE, place, GARBAGE, 0);
      this.#written = { place, position, fields: new Map() };
    }
    this.#written.fields.set(cell - entryCell(this.#layout, position), value);
    return 0;
  }

  protected before(): number {
    if (this.#written === undefined) return 0;
    const { place, fields } = this.#written;
    this.#written = undefined;
    const start = (fields.get(ENTRY_BYTES) ?? 0) * UNIT;
    const length = fields.get(ENTRY_LENGTH) ?? 0;
    const text = this.#bytes.toString('latin1', start, start + length);
    if (text.split('GET ').length !== 2) throw new Error('The model lends one request at a time.');
    const [, target = ''] = text.split(' ');
    const [client, nth] = readTarget(target);
    this.tape.access(STORE, place, packContent(fields.get(ENTRY_DESCRIPTOR) ?? 0, client, nth), 0);
    return 0;
  }
}

/** Reads entries: gives the real `RingReader` fields and bytes that belong to the value read. */
export class ThreadCells extends ModelMemory {
  readonly #layout: Layout;
  readonly #bytes: Buffer;
  readonly #configuration: Configuration;
  #reading: { readonly place: number; readonly position: number; readonly content: number } | undefined;

  constructor(tape: Tape, places: Places, layout: Layout, buffer: SharedArrayBuffer, configuration: Configuration) {
    super(tape, places);
    this.#layout = layout;
    this.#bytes = Buffer.from(buffer);
    this.#configuration = configuration;
  }

  /** A mailbox of fewer letters looks as if more had not been read. */
  override load(cell: number): number {
    const held = super.load(cell);
    if ((this.places.all[this.places.of(cell)] as Place).kind !== 'MAIL_HEAD') return held;
    return (held - (MAILBOX_SIZE - (this.#configuration.mailboxSize ?? MAILBOX_SIZE))) | 0;
  }

  protected content(cell: number, place: number, { of: position }: Place, value: number | undefined): number {
    if (value !== undefined) throw new Error('A thread writes into an entry.');
    if (this.#reading?.place !== place) {
      this.#reading = { place, position, content: this.tape.access(LOAD, place, 0, 0) };
      if (this.#reading.content <= 0) this.tape.effect(TORN, 0, 0, 0);
    }
    const { content } = this.#reading;
    const bytes = requestBytes(this.#configuration, clientOfContent(content), nthOfContent(content));
    switch (cell - entryCell(this.#layout, position)) {
      case ENTRY_BYTES:
        this.#bytes.set(bytes, this.#layout.smallAreas);
        return this.#layout.smallAreas / UNIT;
      case ENTRY_LENGTH:
      case ENTRY_HEAD_LENGTH:
        return bytes.length;
      case ENTRY_DESCRIPTOR:
        return descriptorOfContent(content);
      default:
        return 0;
    }
  }

  protected before({ kind, of }: Place, isStore: boolean): number {
    const reading = this.#reading;
    if (reading === undefined || kind !== 'ENTRY_STATE' || of !== reading.position || !isStore) return 0;
    this.#reading = undefined;
    return reading.content;
  }
}
