/** All rivals. */
import type { Rival } from '../types.ts';
import { bun } from './bun.ts';
import { fastifyPiscina } from './fastify-piscina.ts';
import { hyperion } from './hyperion.ts';
import { nodeCluster } from './node-cluster.ts';
import { nodeHttp } from './node-http.ts';
import { watt } from './watt.ts';

export const RIVALS: readonly Rival[] = [hyperion, nodeHttp, nodeCluster, watt, fastifyPiscina, bun];
