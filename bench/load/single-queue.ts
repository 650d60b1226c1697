/**
 * The limit: the same closed system served by an ideal single queue, first come, first served,
 * with no cost but the service itself. Simulated, with the same think times. In: clients, servers
 * and times in ms. Out: latencies of the light requests.
 */
import { summarise, type Summary } from '../../test/helpers/percentiles.ts';
import { Random } from '../../test/helpers/random.ts';

export interface SingleQueueOptions {
  readonly clients: number;
  readonly servers: number;
  readonly seconds: number;
  readonly thinkMs: readonly [min: number, max: number];
  readonly lightMs: number;
  readonly heavyMs: number;
  readonly heavyShare: number;
  readonly seed: number;
}

const indexOfSmallest = (values: readonly number[]): number => {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] ?? 0) < (values[best] ?? 0)) best = index;
  }
  return best;
};

export const simulateSingleQueue = (options: SingleQueueOptions): Summary => {
  const random = new Random(options.seed);
  const [min, max] = options.thinkMs;
  const think = (): number => min + random.next() * (max - min);
  const arrivals = Array.from({ length: options.clients }, think);
  const freeAt = Array.from({ length: options.servers }, () => 0);
  const light: number[] = [];
  // Arrivals come in order: a client's next one lies behind the one just served.
  for (;;) {
    const client = indexOfSmallest(arrivals);
    const arrival = arrivals[client] ?? 0;
    if (arrival > options.seconds * 1000) return summarise(light);
    const server = indexOfSmallest(freeAt);
    const isHeavy = random.chance(options.heavyShare);
    const done = Math.max(arrival, freeAt[server] ?? 0) + (isHeavy ? options.heavyMs : options.lightMs);
    freeAt[server] = done;
    arrivals[client] = done + think();
    if (!isHeavy) light.push(done - arrival);
  }
};
