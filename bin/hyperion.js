#!/usr/bin/env node
// Checks that this Node can run Hyperion, then starts the command in dist/cli.js. Syntax of Node 12
// and no `node:` imports, so that an old Node says one clear line instead of a syntax error.
import { spawn } from 'child_process';
import { closeSync, openSync } from 'fs';
import { constants } from 'os';

const [major, minor] = process.versions.node.split('.').map(Number);
const { nodeFlags, args } = takeNodeFlags(process.argv.slice(2));
// Node 20 and 21 lose events of lent connections when libuv uses io_uring.
const mustLeaveIoUring = major < 22 && Number(process.env.UV_USE_IO_URING || 0) !== 0;

if (process.platform === 'win32') {
  fail('Hyperion needs Linux or macOS: Windows cannot lend a connection to a thread (in WSL it works)');
} else if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Hyperion needs Node >= 20.19, this is ${process.version}`);
} else if (mustLeaveIoUring || nodeFlags.length > 0) {
  runAgain();
} else {
  void import('../dist/cli.js').then(({ main }) => main(args));
}

function fail(line) {
  process.stderr.write(`hyperion: ${line}\n`);
  process.exitCode = 1;
}

/** `--import <module>` is Node's: only a flag of the whole process reaches every thread. */
function takeNodeFlags(given) {
  const nodeFlags = [];
  const args = [];
  for (let index = 0; index < given.length; index++) {
    const arg = given[index];
    if (arg === '--') return { nodeFlags, args: args.concat(given.slice(index)) };
    if (arg.startsWith('--import=')) nodeFlags.push(arg);
    else if (arg === '--import' && index + 1 < given.length) nodeFlags.push(`--import=${given[++index]}`);
    else args.push(arg);
  }
  return { nodeFlags, args };
}

function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** The same command in a Node with other flags and environment; this process only passes signals on. */
function runAgain() {
  const env = Object.assign({}, process.env);
  if (mustLeaveIoUring) delete env.UV_USE_IO_URING;
  const child = spawn(process.execPath, [...process.execArgv, ...nodeFlags, process.argv[1], ...args], {
    env,
    stdio: 'inherit',
    // A process group of its own: Ctrl-C reaches it once, through us, and not as a second, forcing signal.
    detached: true,
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  // In a session of its own the child cannot tell a closed terminal from somebody's wish to load the app anew.
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => child.kill(hadTerminal && !hasTerminal() ? 'SIGTERM' : 'SIGHUP'));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => process.exit(code === null ? 128 + constants.signals[signal] : code));
}
