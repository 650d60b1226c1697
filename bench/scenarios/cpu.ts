/** Every request computes: what is left of the cores for the work itself. */
import { availableParallelism } from 'node:os';
import { throughputCharts } from '../charts/from-result.ts';
import { runClosedLoopApart } from '../load/closed-loop.ts';
import type { Scenario } from '../types.ts';

/** As many as there are cores; the generator has to share them, which falls on all alike. */
const THREADS = availableParallelism();
const CONNECTIONS = 32;

const describeCpu = (ms: number): Scenario => {
  const title = `Every request computes for ${ms} ms`;
  const how = `${CONNECTIONS} keep-alive connections, closed loop, as many threads (or processes) as cores`;
  return {
    name: `cpu-${ms}ms`,
    title,
    description: `every request computes for ${ms} ms (calibrated before the run), ${how}`,
    app: 'work.mjs',
    contenders: ['hyperion', 'node:cluster', 'watt', 'fastify+piscina', 'bun'].map((rival) => ({
      rival,
      threads: THREADS,
    })),
    check: { target: '/', body: 'done\n' },
    seconds: 5,
    warmUpSeconds: 1.5,
    load: ({ port, seconds }) =>
      runClosedLoopApart({ port, target: `/burn?ms=${ms}`, connections: CONNECTIONS, seconds }),
    charts: throughputCharts(title, how),
  };
};

export const cpu: readonly Scenario[] = [1, 5, 20].map(describeCpu);
