/**
 * One light client, which thinks between its requests, beside clients of a heavy handler, which ask
 * again at once: as closed a system as there is, with fewer heavy requests than threads. In a
 * process of its own.
 */
import { summarise } from '../../test/helpers/percentiles.ts';
import { Random } from '../../test/helpers/random.ts';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import type { LoadReport } from '../types.ts';
import { watchGeneratorCpu } from './generator-cpu.ts';
import { getBytes, KeepAliveClient, type KeepAliveOutcome } from './keep-alive-client.ts';

export interface BesideHeavyOptions {
  readonly port: number;
  readonly seconds: number;
  readonly lightTarget: string;
  readonly thinkMs: readonly [min: number, max: number];
  readonly heavyTarget: string;
  readonly heavyClients: number;
  readonly seed: number;
}

export const runBesideHeavy = async (options: BesideHeavyOptions): Promise<LoadReport> => {
  const { port, thinkMs } = options;
  const random = new Random(options.seed);
  const outcomes: Record<KeepAliveOutcome, number> = { ok: 0, refused: 0, closed: 0, unanswered: 0, other: 0 };
  const light: number[] = [];
  const heavy: number[] = [];
  // The light client comes first: who hands connections out in turn has a thread left for each of them.
  const clients = Array.from({ length: 1 + options.heavyClients }, () => new KeepAliveClient(port));
  for (const client of clients) await client.connected();
  const [lightClient, ...heavyClients] = clients;
  const readCpu = watchGeneratorCpu();
  const end = performance.now() + options.seconds * 1000;

  const ask = async (client: KeepAliveClient, bytes: Buffer, times: number[]): Promise<void> => {
    const { outcome, tookMs } = await client.ask(bytes);
    outcomes[outcome] += 1;
    if (outcome === 'ok') times.push(tookMs);
  };
  const askLight = async (client: KeepAliveClient): Promise<void> => {
    const bytes = getBytes(options.lightTarget);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, thinkMs[0] + random.next() * (thinkMs[1] - thinkMs[0])));
      if (performance.now() >= end) return;
      await ask(client, bytes, light);
    }
  };
  const askHeavy = async (client: KeepAliveClient): Promise<void> => {
    const bytes = getBytes(options.heavyTarget);
    while (performance.now() < end) await ask(client, bytes, heavy);
  };
  await Promise.all([lightClient === undefined ? undefined : askLight(lightClient), ...heavyClients.map(askHeavy)]);
  const cpu = readCpu();
  for (const client of clients) client.destroy();
  const { ok, ...errors } = outcomes;
  return {
    ...cpu,
    requests: ok,
    latencyMs: summarise([...light, ...heavy]),
    lightMs: summarise(light),
    errors,
    figures: { lightPerSecond: light.length / cpu.seconds, heavyPerSecond: heavy.length / cpu.seconds },
  };
};

export const runBesideHeavyApart = (options: BesideHeavyOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runBesideHeavy, options);
