/**
 * A load that switches between hello (closed loop) and mixed (clients that think, a few of whose
 * requests are heavy), only one of the two at a time, all of it on connections that stay open. In a
 * process of its own.
 */
import { summarise } from '../../test/helpers/percentiles.ts';
import { Random } from '../../test/helpers/random.ts';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import type { LoadReport } from '../types.ts';
import { watchGeneratorCpu } from './generator-cpu.ts';
import { getBytes, KeepAliveClient, type KeepAliveOutcome } from './keep-alive-client.ts';
import { simulateLightRequests } from './single-queue.ts';
import { helloRates, judgedSpan, percentSlow, planPhases, type PhaseRecord } from './switching-phases.ts';
import type { SwitchingPhase } from './switching-phases.ts';
import type { TimedRequest } from './windows.ts';

export interface SwitchingOptions {
  readonly port: number;
  readonly seconds: number;
  readonly lightTarget: string;
  readonly heavyTarget: string;
  readonly helloConnections: number;
  readonly mixed: {
    readonly clients: number;
    readonly thinkMs: readonly [min: number, max: number];
    readonly heavyShare: number;
  };
  /** Of the ideal single queue that the same clients are simulated with. */
  readonly ideal: { readonly servers: number; readonly lightMs: number; readonly heavyMs: number };
  readonly seed: number;
}

const openClients = async (port: number, count: number): Promise<KeepAliveClient[]> => {
  const clients = Array.from({ length: count }, () => new KeepAliveClient(port));
  await Promise.all(clients.map((client) => client.connected()));
  return clients;
};

/** The same clients with the same seeds, phase by phase, as the mixed phases of the load. */
const simulatePhases = (phases: readonly SwitchingPhase[], { mixed, ideal }: SwitchingOptions): PhaseRecord[] =>
  phases
    .filter(({ kind }) => kind === 'mixed')
    .map((phase) => ({
      phase,
      requests: simulateLightRequests({ ...mixed, ...ideal, seconds: phase.lengthMs / 1000, seed: phase.seed }),
    }));

export const runSwitching = async (options: SwitchingOptions): Promise<LoadReport> => {
  const { mixed, port } = options;
  const lightBytes = getBytes(options.lightTarget);
  const heavyBytes = getBytes(options.heavyTarget);
  const outcomes: Record<KeepAliveOutcome, number> = { ok: 0, refused: 0, closed: 0, unanswered: 0, other: 0 };
  const heavyTimes: number[] = [];
  const helloClients = await openClients(port, options.helloConnections);
  const mixedClients = await openClients(port, mixed.clients);
  const phases = planPhases(options.seconds, options.seed);

  const runPhase = async (phase: SwitchingPhase): Promise<PhaseRecord> => {
    const start = performance.now();
    const end = start + phase.lengthMs;
    const requests: TimedRequest[] = [];
    const ask = async (client: KeepAliveClient, isHeavy: boolean): Promise<void> => {
      const { outcome, askedAt, tookMs } = await client.ask(isHeavy ? heavyBytes : lightBytes);
      outcomes[outcome] += 1;
      if (outcome !== 'ok') return;
      if (isHeavy) heavyTimes.push(tookMs);
      else requests.push({ atMs: askedAt - start, tookMs });
    };
    const hello = async (client: KeepAliveClient): Promise<void> => {
      while (performance.now() < end) await ask(client, false);
    };
    const think = async (client: KeepAliveClient, random: Random): Promise<void> => {
      const [min, max] = mixed.thinkMs;
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, min + random.next() * (max - min)));
        if (performance.now() >= end) return;
        await ask(client, random.chance(mixed.heavyShare));
      }
    };
    const source = new Random(phase.seed);
    const running =
      phase.kind === 'hello' ? helloClients.map(hello) : mixedClients.map((client) => think(client, source.fork()));
    await Promise.all(running);
    return { phase, requests };
  };

  const readCpu = watchGeneratorCpu();
  const records: PhaseRecord[] = [];
  for (const phase of phases) records.push(await runPhase(phase));
  const cpu = readCpu();
  for (const client of [...helloClients, ...mixedClients]) client.destroy();

  const { ok, ...errors } = outcomes;
  const light = records
    .filter(({ phase }) => phase.kind === 'mixed')
    .flatMap(({ phase, requests }) => requests.filter(({ atMs }) => atMs >= judgedSpan(phase).fromMs));
  const hello = helloRates(records);
  const allTimes = records.flatMap(({ requests }) => requests.map(({ tookMs }) => tookMs));
  return {
    ...cpu,
    requests: ok,
    latencyMs: summarise([...allTimes, ...heavyTimes]),
    lightMs: summarise(light.map(({ tookMs }) => tookMs)),
    errors,
    figures: {
      slowPercent: percentSlow(records),
      idealSlowPercent: percentSlow(simulatePhases(phases, options)),
      refused: outcomes.refused,
      helloPerSecond: hello.middle,
      leastHelloPerSecond: hello.least,
    },
  };
};

export const runSwitchingApart = (options: SwitchingOptions): Promise<LoadReport> =>
  runInProcess(import.meta.url, runSwitching, options);
