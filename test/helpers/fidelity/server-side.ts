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

interface RunningServer {
  readonly side: Side;
  readonly server: Server;
}

const startServer = async (name: string, scenario?: string): Promise<RunningServer> => {
  const app = new URL('./app.js', import.meta.url);
  app.searchParams.set('side', name);
  if (scenario !== undefined) app.searchParams.set('scenario', scenario);
  const server = new Server({ app, threadCount: 1, port: 0, logLevel: 'fatal' });
  await server.start();
  return { server, side: new Side(name, (server.address() as AddressInfo).port) };
};

const stopServer = async ({ side, server }: RunningServer): Promise<void> => {
  await side.close();
  await server.stop({ gracefulTimeoutMs: 0 });
};

export class ServerSide implements Observer {
  readonly #shared: RunningServer;
  readonly #own = new Map<string, RunningServer>();
  readonly #name: string;

  private constructor(name: string, shared: RunningServer) {
    this.#name = name;
    this.#shared = shared;
  }

  static async start(name: string): Promise<ServerSide> {
    return new ServerSide(name, await startServer(name));
  }

  async observe(scenario: Scenario, extraHeaders?: readonly string[], patience?: number): Promise<Observation> {
    const { side } = hasOwnServer(scenario) ? await this.#ownServer(scenario.name) : this.#shared;
    return await side.observe(scenario, extraHeaders, patience);
  }

  async release({ name }: Scenario): Promise<void> {
    const own = this.#own.get(name);
    this.#own.delete(name);
    if (own !== undefined) await stopServer(own);
  }

  async close(): Promise<void> {
    await stopServer(this.#shared);
  }

  async #ownServer(name: string): Promise<RunningServer> {
    const running = this.#own.get(name) ?? (await startServer(`${this.#name} ${name}`, name));
    this.#own.set(name, running);
    return running;
  }
}
