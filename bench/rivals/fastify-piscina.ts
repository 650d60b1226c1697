/** fastify with its heavy work in piscina's threads. The program is `servers/fastify-piscina.mjs`. */
import { fileURLToPath } from 'node:url';
import { BENCH_URL, missingPackage } from '../installed.ts';
import type { Rival } from '../types.ts';

const PROGRAM = fileURLToPath(new URL('servers/fastify-piscina.mjs', BENCH_URL));

export const fastifyPiscina: Rival = {
  name: 'fastify+piscina',
  unavailable: () => missingPackage('fastify', 'piscina', '@fastify/under-pressure'),
  launch: () => ({ command: ['node', PROGRAM] }),
};
