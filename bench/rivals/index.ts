/** All rivals. */
import type { Rival } from '../types.ts';
import { hyperion } from './hyperion.ts';
import { nodeCluster } from './node-cluster.ts';
import { nodeHttp } from './node-http.ts';

export const RIVALS: readonly Rival[] = [hyperion, nodeHttp, nodeCluster];
