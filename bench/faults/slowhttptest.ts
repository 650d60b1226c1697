/** The four modes of `slowhttptest`, a program of its own (Debian has it), with 500 connections each. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Fault } from './types.ts';

const CONNECTIONS = '500';
/** All are there within two seconds. */
const CONNECTIONS_A_SECOND = '250';

const missing = (): string | undefined =>
  spawnSync('slowhttptest', ['-h']).error === undefined ? undefined : 'slowhttptest is not installed';

const attack = (name: string, title: string, args: readonly string[], target: string): Fault => ({
  name,
  title: `slowhttptest holds ${CONNECTIONS} connections: ${title}`,
  brief: `slowhttptest, ${title}`,
  isOfTheApp: false,
  unavailable: missing,
  start: ({ port, seconds }) => {
    const url = `http://127.0.0.1:${port}${target}`;
    const common = [
      '-c',
      CONNECTIONS,
      '-r',
      CONNECTIONS_A_SECOND,
      '-l',
      String(Math.ceil(seconds)),
      '-i',
      '1',
      '-v',
      '0',
    ];
    const child = spawn('slowhttptest', [...args, ...common, '-u', url], { stdio: 'ignore' });
    const exit = once(child, 'exit');
    return {
      tick: () => {},
      outcomes: () => ({}),
      stop: async () => {
        child.kill();
        await exit;
      },
    };
  },
});

export const SLOW_ATTACKS: readonly Fault[] = [
  attack('slow-headers', 'slow heads', ['-H'], '/light'),
  attack('slow-bodies', 'slow bodies', ['-B', '-s', '8192'], '/echo'),
  attack('ranges', 'many ranges', ['-R', '-a', '10', '-b', '3000'], '/large'),
  attack(
    'slow-readers',
    'slow readers of a large reply',
    ['-X', '-w', '512', '-y', '1024', '-n', '1', '-z', '32'],
    '/large',
  ),
];
