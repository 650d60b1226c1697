/**
 * The real server as a side: one server for all scenarios that share an app, and one for each that
 * has options of its own. A single thread, so that everything of a scenario is in one log.
 */
import type { AddressInfo } from 'node:net';
import { Server } from '../../../src/index.ts';
import type { Scenario } from './scenario.ts';
import { type Observation, type Observer, Side } from './sides.ts';

const hasOwnServer = ({ options, prepare, capturesRejections }: Scenario): boolean =>
  options !== undefined || prepare !== undefined || capturesRejections === true;

/** Starts a server; its side is to be closed before the server is stopped. */
const startServer = async (name: string, scenario?: string): Promise<{ side: Side; server: Server }> => {
  const app = new URL('./app.js', import.meta.url);
  app.searchParams.set('side', name);
  if (scenario !== undefined) app.searchParams.set('scenario', scenario);
  const server = new Server({ app, threadCount: 1, port: 0, logLevel: 'fatal' });
  await server.start();
  return { server, side: new Side(name, (server.address() as AddressInfo).port) };
};

export class ServerSide implements Observer {
  readonly #shared: { side: Side; server: Server };
  readonly #name: string;
  #starts = 0;

  private constructor(name: string, shared: { side: Side; server: Server }) {
    this.#name = name;
    this.#shared = shared;
  }

  static async start(name: string): Promise<ServerSide> {
    return new ServerSide(name, await startServer(name));
  }

  async observe(scenario: Scenario, extraHeaders?: readonly string[], patience?: number): Promise<Observation> {
    if (!hasOwnServer(scenario)) return await this.#shared.side.observe(scenario, extraHeaders, patience);
    this.#starts += 1;
    const { side, server } = await startServer(`${this.#name} ${this.#starts}`, scenario.name);
    try {
      return await side.observe(scenario, extraHeaders, patience);
    } finally {
      await side.close();
      await server.stop({ gracefulTimeoutMs: 0 });
    }
  }

  async close(): Promise<void> {
    await this.#shared.side.close();
    await this.#shared.server.stop({ gracefulTimeoutMs: 0 });
  }
}
