/**
 * Tells the two meanings of SIGHUP apart: somebody sent it, or the terminal that the command was
 * started in has been closed. Main thread of the command.
 */
import { closeSync, openSync } from 'node:fs';

/** Call at the start. What it gives tells whether the terminal of then is gone; never, if there was none. */
export function watchTerminal(): () => boolean {
  const hadTerminal = hasTerminal();
  return () => hadTerminal && !hasTerminal();
}

/** The terminal of this session can be opened by this name, whatever the standard streams are. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
