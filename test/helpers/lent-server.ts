/**
 * An app's http.Server whose every connection is a connection loan, on one thread: what a worker
 * thread does with a loan, without the server around it.
 */
import http, { type RequestListener, type Server } from 'node:http';
import type { ExecutionContext } from 'ava';
import { ConnectionLoans } from '../../src/app-adapter/connection-loan/connection-loan.ts';
import { RouteTable } from '../../src/app-adapter/direct-route/route-table.ts';
import type { LogFields, LogLevel } from '../../src/shared/messages.ts';
import { resolveOptions, type ServerOptions } from '../../src/shared/options/options.ts';
import { lendConnections, type LendingAcceptor } from './lending-acceptor.ts';
import { RawConnection } from './raw-connection.ts';

export interface LogRecord {
  readonly level: LogLevel;
  readonly fields: LogFields;
  readonly message: string;
}

export interface LentServer extends LendingAcceptor {
  readonly httpServer: Server;
  readonly connectionLoans: ConnectionLoans;
  readonly logs: LogRecord[];
  /** As when the server stops. */
  drain(): void;
  connect(): RawConnection;
}

export interface LentServerSetup {
  readonly app?: RequestListener;
  readonly httpServer?: Server;
  readonly options?: Partial<ServerOptions>;
  readonly routes?: (routes: RouteTable) => void;
}

const APP = new URL('../../../test/fixtures/hello.mjs', import.meta.url);

/** Stops when the test is over. */
export async function startLentServer(t: ExecutionContext, setup: LentServerSetup): Promise<LentServer> {
  const httpServer = setup.httpServer ?? http.createServer(setup.app);
  const routes = new RouteTable();
  setup.routes?.(routes);
  const logs: LogRecord[] = [];
  const drain = { isOn: false };
  const connectionLoans = new ConnectionLoans(
    httpServer,
    routes,
    resolveOptions({ app: APP, ...setup.options }),
    () => drain.isOn,
    (level, fields, message) => logs.push({ level, fields, message }),
  );
  const acceptor = await lendConnections((loan) => connectionLoans.serve(loan));
  const clients: RawConnection[] = [];
  t.teardown(async () => {
    await Promise.all(clients.map((client) => client.leave('close')));
    await acceptor.stop();
  });
  return Object.assign(Object.create(acceptor) as LendingAcceptor, {
    httpServer,
    connectionLoans,
    logs,
    drain() {
      drain.isOn = true;
      connectionLoans.drain();
    },
    connect() {
      const client = new RawConnection(acceptor.port);
      clients.push(client);
      return client;
    },
  });
}
