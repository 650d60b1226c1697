/**
 * The shared cells that the model keeps, numbered densely, and what each is. A cell that the code
 * begins to use and that is not named here stops the search with an error: it would be unchecked.
 */
import {
  BEAT,
  CLAIM_INDEX,
  CLAIM_NUMBER,
  CLIENT_ENDED,
  DRAINING,
  ENTRY_SLOT,
  ENTRY_STATE,
  entryCell,
  FINISHED_AT,
  HEAD_REQUEST,
  type Layout,
  MAIL_ALL,
  MAIL_HEAD,
  MAIL_TAIL,
  mailCell,
  OVERFLOW,
  QUEUE_HEAD,
  QUEUE_TAIL,
  RANG_ACCEPTOR,
  RUNNING,
  SERVED,
  STARTED_AT,
  TAKEN,
  THREAD_STATE,
  threadCell,
  UPGRADED,
  wordCell,
} from '../../../src/shared/memory/layout.ts';

export type PlaceKind =
  | 'QUEUE_HEAD'
  | 'QUEUE_TAIL'
  | 'OVERFLOW'
  | 'DRAINING'
  | 'THREAD_STATE'
  | 'RANG_ACCEPTOR'
  | 'TAKEN'
  | 'CLAIM_NUMBER'
  | 'CLAIM_INDEX'
  | 'RUNNING'
  | 'SERVED'
  | 'BEAT'
  | 'UPGRADED'
  | 'MAIL_TAIL'
  | 'MAIL_ALL'
  | 'MAIL_HEAD'
  | 'LETTER'
  | 'WORD'
  | 'FINISHED_AT'
  | 'CLIENT_ENDED'
  | 'HEAD_REQUEST'
  /** 1 stands for any time. */
  | 'STARTED_AT'
  | 'ENTRY_STATE'
  | 'ENTRY_SLOT'
  /** All other cells and the bytes of an entry as one: which request, and the descriptor that goes with it. */
  | 'ENTRY_CONTENT'
  | 'ENTRY_SPARE';

/** Letters a thread may write in one run of the model. */
const LETTERS = 12;
const CONTENT_FROM = ENTRY_SLOT + 1;
/** The cells of an entry that hold its content are among these. */
const CONTENT_TO = 14;
/** A cell of an entry that the code does not use: for the mistake that needs one more. */
export const ENTRY_SPARE = 15;

export interface Place {
  readonly kind: PlaceKind;
  /** Line, slot or ring position; 0 for the global ones. */
  readonly of: number;
}

export class Places {
  readonly all: Place[] = [];
  readonly #byCell = new Map<number, number>();
  readonly #byName = new Map<string, number>();

  constructor(layout: Layout, lines: number, slots: number) {
    this.#add('QUEUE_HEAD', 0, QUEUE_HEAD);
    this.#add('QUEUE_TAIL', 0, QUEUE_TAIL);
    this.#add('OVERFLOW', 0, OVERFLOW);
    this.#add('DRAINING', 0, DRAINING);
    for (let line = 1; line <= lines; line += 1) this.#addLine(layout, line);
    for (let slot = 0; slot < slots; slot += 1) {
      const cell = wordCell(layout, slot);
      this.#add('WORD', slot, cell);
      this.#add('FINISHED_AT', slot, cell + FINISHED_AT);
      this.#add('CLIENT_ENDED', slot, cell + CLIENT_ENDED);
      this.#add('HEAD_REQUEST', slot, cell + HEAD_REQUEST);
      this.#add('STARTED_AT', slot, cell + STARTED_AT);
    }
    for (let position = 0; position < layout.ringSize; position += 1) {
      const cell = entryCell(layout, position);
      // In this order: `contentOf` counts on it.
      this.#add('ENTRY_STATE', position, cell + ENTRY_STATE);
      this.#add('ENTRY_SLOT', position, cell + ENTRY_SLOT);
      const content = this.#add('ENTRY_CONTENT', position, cell + CONTENT_FROM);
      for (let more = CONTENT_FROM + 1; more <= CONTENT_TO; more += 1) this.#byCell.set(cell + more, content);
      this.#add('ENTRY_SPARE', position, cell + ENTRY_SPARE);
    }
  }

  /** The place of a cell. */
  of(cell: number): number {
    const place = this.#byCell.get(cell);
    if (place === undefined) throw new Error(`The model does not have the cell ${cell}: add it to its places.`);
    return place;
  }

  named(kind: PlaceKind, of = 0): number {
    const place = this.#byName.get(`${kind} ${of}`);
    if (place === undefined) throw new Error(`There is no ${kind} ${of}.`);
    return place;
  }

  /** Of an entry's state: its content. */
  contentOf(place: number): number {
    return place + 2;
  }

  letters(line: number): number[] {
    return Array.from({ length: LETTERS }, (_, letter) => this.named('LETTER', line * 100 + letter));
  }

  describe(place: number): string {
    const { kind, of } = this.all[place] as Place;
    return `${kind}[${of}]`;
  }

  #addLine(layout: Layout, line: number): void {
    const cell = threadCell(layout, line);
    this.#add('THREAD_STATE', line, cell + THREAD_STATE);
    this.#add('RANG_ACCEPTOR', line, cell + RANG_ACCEPTOR);
    this.#add('TAKEN', line, cell + TAKEN);
    this.#add('CLAIM_NUMBER', line, cell + CLAIM_NUMBER);
    this.#add('CLAIM_INDEX', line, cell + CLAIM_INDEX);
    this.#add('RUNNING', line, cell + RUNNING);
    this.#add('SERVED', line, cell + SERVED);
    this.#add('BEAT', line, cell + BEAT);
    this.#add('UPGRADED', line, cell + UPGRADED);
    this.#add('MAIL_TAIL', line, cell + MAIL_TAIL);
    this.#add('MAIL_ALL', line, cell + MAIL_ALL);
    this.#add('MAIL_HEAD', line, cell + MAIL_HEAD);
    for (let letter = 0; letter < LETTERS; letter += 1) {
      // Not `of: line`: letters of a line are told apart by their number.
      this.#add('LETTER', line * 100 + letter, mailCell(layout, line, letter));
    }
  }

  #add(kind: PlaceKind, of: number, cell: number): number {
    const place = this.all.push({ kind, of }) - 1;
    this.#byCell.set(cell, place);
    this.#byName.set(`${kind} ${of}`, place);
    return place;
  }
}
