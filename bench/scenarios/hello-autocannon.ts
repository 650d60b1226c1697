/** `hello` with autocannon as the generator: the check of our own one. */
import { runAutocannonApart } from '../load/autocannon.ts';
import type { Scenario } from '../types.ts';
import { hello } from './hello.ts';

export const helloAutocannon: Scenario = {
  ...hello,
  name: 'hello-autocannon',
  title: 'The smallest handler, with autocannon',
  description:
    'as hello, but autocannon makes the load (latency in whole milliseconds): the check of our own generator',
  contenders: [
    { rival: 'node:http', threads: 1 },
    { rival: 'hyperion', threads: 1 },
  ],
  load: ({ port, seconds }) => runAutocannonApart({ port, target: '/', connections: 64, seconds: Math.ceil(seconds) }),
  charts: () => [],
};
