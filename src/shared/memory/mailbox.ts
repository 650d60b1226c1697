/**
 * A thread's letters to the acceptor. A letter says only "look at this slot": the acceptor acts on
 * the connection's word, so a letter too many does no harm. When the box is full the thread says
 * "look at all of mine" instead of overwriting.
 */
import type { Memory } from './cells.ts';
import { type Layout, MAIL_ALL, MAIL_HEAD, MAIL_TAIL, MAILBOX_SIZE, mailCell, threadCell } from './layout.ts';

/** Thread: writes a letter. The word it is about must be written before. */
export function writeLetter(memory: Memory, layout: Layout, line: number, slot: number): void {
  const cell = threadCell(layout, line);
  const tail = memory.load(cell + MAIL_TAIL);
  if (((tail - memory.load(cell + MAIL_HEAD)) | 0) >= MAILBOX_SIZE) {
    memory.store(cell + MAIL_ALL, 1);
    return;
  }
  memory.store(mailCell(layout, line, tail), slot);
  // The letter stands before the tail says so.
  memory.store(cell + MAIL_TAIL, (tail + 1) | 0);
}

/**
 * Acceptor: reads all letters. Gives true when letters did not fit, and all words of that owner
 * must be looked at.
 */
export function readLetters(memory: Memory, layout: Layout, line: number, look: (slot: number) => void): boolean {
  const cell = threadCell(layout, line);
  const mustLookAtAll = memory.exchange(cell + MAIL_ALL, 0) === 1;
  let head = memory.load(cell + MAIL_HEAD);
  const tail = memory.load(cell + MAIL_TAIL);
  while (head !== tail) {
    const slot = memory.load(mailCell(layout, line, head));
    head = (head + 1) | 0;
    memory.store(cell + MAIL_HEAD, head);
    look(slot);
  }
  return mustLookAtAll;
}
