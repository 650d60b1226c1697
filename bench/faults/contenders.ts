/**
 * Who is measured. Watt restarts workers that fail by itself (`wattpm start`); a second
 * SIGUSR2, at which it restarts its app, while it does so ends it, so that it is not told to.
 */
import { fileURLToPath } from 'node:url';
import { BENCH_URL } from '../installed.ts';
import { watt as benchWatt } from '../rivals/watt.ts';
import { nodeCluster } from './cluster-server.ts';
import { hyperion } from './hyperion-server.ts';
import type { FaultContender } from './types.ts';

const FOLDER = fileURLToPath(new URL('faults/watt', BENCH_URL));

const watt: FaultContender = {
  name: 'watt',
  unavailable: benchWatt.unavailable,
  launch: (setup) => {
    const { command, environment = {} } = benchWatt.launch(setup);
    const [program, ...args] = command;
    return { command: [program, ...args.slice(0, -1), FOLDER], environment };
  },
  reloadSignal: undefined,
};

export const CONTENDERS: readonly FaultContender[] = [hyperion, nodeCluster, watt];
