/**
 * The limit: the same closed system served by an ideal single queue, first come, first served,
 * with no cost but the service itself. Simulated; each client thinks and chooses as a client of the
 * load with the same seed does. In: clients, servers and times in ms. Out: the light requests, or
 * their latencies.
 */
import { summarise, type Summary } from '../../test/helpers/percentiles.ts';
import { Random } from '../../test/helpers/random.ts';
import type { TimedRequest } from './windows.ts';

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

export const simulateLightRequests = (options: SingleQueueOptions): TimedRequest[] => {
  const source = new Random(options.seed);
  const [min, max] = options.thinkMs;
  const think = (random: Random): number => min + random.next() * (max - min);
  const clients = Array.from({ length: options.clients }, () => source.fork());
  const arrivals = clients.map(think);
  const freeAt = Array.from({ length: options.servers }, () => 0);
  const light: TimedRequest[] = [];
  // Arrivals come in order: a client's next one lies behind the one just served.
  for (;;) {
    const client = indexOfSmallest(arrivals);
    const arrival = arrivals[client];
    const random = clients[client];
    if (arrival === undefined || random === undefined || arrival > options.seconds * 1000) return light;
    const server = indexOfSmallest(freeAt);
    const isHeavy = random.chance(options.heavyShare);
    const done = Math.max(arrival, freeAt[server] ?? 0) + (isHeavy ? options.heavyMs : options.lightMs);
    freeAt[server] = done;
    arrivals[client] = done + think(random);
    if (!isHeavy) light.push({ atMs: arrival, tookMs: done - arrival });
  }
};

export const simulateSingleQueue = (options: SingleQueueOptions): Summary =>
  summarise(simulateLightRequests(options).map(({ tookMs }) => tookMs));
