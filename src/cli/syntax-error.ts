/**
 * Where a syntax error is. Node tells only who lets it end the process: caught, as in a thread, the
 * error of an ES module names neither file nor line. So a Node of its own is asked, once, on the way
 * out. It runs nothing of the app: a second import that cannot be linked comes before all evaluation.
 */
import { spawnSync } from 'node:child_process';

/** A frame of Node's module compiler: no line of the app could have been reached. */
const COMPILER_FRAME = 'compileSourceTextModule';

/** No name that this empty module exports, and so the end of the attempt. */
const NEVER_LINKED = "import { neverLinked } from 'data:text/javascript,'";

/** Reading and compiling a large app must fit; a report a person waits for must not take longer. */
const TIMEOUT_MS = 10_000;

/** File, line and a caret below it, then the error; undefined if `error` is something else. */
export function locateSyntaxError(error: unknown, appUrl: string): string | undefined {
  if (!(error instanceof Error) || error.name !== 'SyntaxError' || !error.stack?.includes(COMPILER_FRAME)) {
    return undefined;
  }
  const script = `import ${JSON.stringify(appUrl)}; ${NEVER_LINKED}`;
  const args = [...process.execArgv, '--input-type=module', '--eval', script];
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: TIMEOUT_MS });
  if (!stderr.includes(`SyntaxError: ${error.message}`)) return undefined;
  return stderr.replace(/\n+Node\.js v\S+\n*$/, '');
}
