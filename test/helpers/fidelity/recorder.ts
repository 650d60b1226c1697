/**
 * Serves scenarios in a thread: routes a request to its scenario by path, and logs every event of
 * `req`, `res` and their socket with the flags that they show at that moment. Used behind plain
 * node:http, behind `serveRequest` in one thread, and inside the threads of the real server.
 */
import { EventEmitter } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { BroadcastChannel } from 'node:worker_threads';
import { type FromHost, type ToHost, channelName, readTarget } from './messages.ts';
import type { Scenario } from './scenario.ts';

/** Internal to streams, or about listeners only. */
const UNLOGGED = new Set(['newListener', 'removeListener']);

const describe = (value: unknown): string => {
  if (value instanceof Error) return `Error(${'code' in value ? String(value.code) : value.message})`;
  if (Buffer.isBuffer(value)) return 'Buffer';
  if (value instanceof Duplex) return 'Socket';
  if (typeof value === 'object' && value !== null) return value.constructor.name;
  return String(value);
};

const flagsOf = (target: object, names: readonly string[]): string =>
  names.filter((name) => Reflect.get(target, name) === true).join(' ');

const describeRequest = (req: IncomingMessage): string =>
  flagsOf(req, ['complete', 'destroyed', 'readableEnded', 'aborted', 'closed']);

const describeResponse = (res: ServerResponse): string => {
  const flags = flagsOf(res, ['writableEnded', 'writableFinished', 'headersSent', 'destroyed', 'closed']);
  const errored = res.errored ? ` errored ${describe(res.errored)}` : '';
  return `${flags}${errored}${res.socket === null ? '' : ' socket'}${res.writableLength > 0 ? ' queued' : ''}`;
};

const describeSocket = (socket: Socket): string =>
  flagsOf(socket, [
    'destroyed',
    'closed',
    'readable',
    'writable',
    'readableEnded',
    'writableEnded',
    'writableFinished',
  ]);

const LOGGED = Symbol('logged');

interface Emitting {
  emit(event: string | symbol, ...args: unknown[]): boolean;
  [LOGGED]?: boolean;
}

/** Calls `seen` before every emit of a target, whether or not anybody listens. */
const watch = (target: Emitting, seen: (event: string, args: unknown[]) => void): void => {
  if (target[LOGGED] === true) return;
  target[LOGGED] = true;
  const emit = target.emit;
  target.emit = function loggingEmit(event, ...args) {
    if (typeof event === 'string' && !UNLOGGED.has(event)) seen(event, args);
    return Reflect.apply(emit, this, [event, ...args]) as boolean;
  };
};

/** What a run of a scenario has in this thread. */
class RunState {
  readonly number: number;
  readonly #told = new Set<string>();
  readonly #waiting = new Set<() => void>();
  requests = 0;
  lastLine = '';

  constructor(number: number) {
    this.number = number;
  }

  tell(what: string): void {
    this.#told.add(what);
    for (const wake of this.#waiting) wake();
  }

  async told(what: string): Promise<void> {
    while (!this.#told.has(what)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }
}

export class Recorder {
  readonly #channel: BroadcastChannel;
  readonly #runs = new Map<number, RunState>();
  /** The run that what no request is about belongs to: the latest that had one. */
  readonly #latest = new Map<string, RunState>();

  constructor(side: string) {
    this.#channel = new BroadcastChannel(channelName(side));
    this.#channel.unref();
    process.on('uncaughtException', (error) => this.#logThrown('uncaught', error));
    process.on('unhandledRejection', (error) => this.#logThrown('unhandled', error));
  }

  post(message: FromHost): void {
    this.#channel.postMessage(message);
  }

  onMessage(handler: (message: ToHost) => void): void {
    this.#channel.onmessage = (event) => {
      const message = (event as { data: ToHost }).data;
      if (message.type === 'told') this.#run(message.run).tell(message.what);
      else handler(message);
    };
  }

  /** The app's server of one scenario. */
  createServer(scenario: Scenario): Server {
    EventEmitter.captureRejections = scenario.capturesRejections === true;
    const server = createServer(scenario.options ?? {});
    EventEmitter.captureRejections = false;
    scenario.prepare?.(server, (line) => this.log(scenario.name, line));
    server.on('request', (req, res) => this.serve(scenario, server, req, res));
    return server;
  }

  serve(scenario: Scenario, server: Server, req: IncomingMessage, res: ServerResponse): unknown {
    const { name } = scenario;
    const run = this.#run(readTarget(req.url).run);
    this.#latest.set(name, run);
    run.requests += 1;
    const number = run.requests;
    const record = (source: string, event: string, args: unknown[]): void => {
      if (event === 'drain' && scenario.drainsOften === true) return;
      const line = `${source} '${event}' (${args.map(describe).join(', ')}) req: ${describeRequest(req)} | res: ${describeResponse(res)}`;
      this.log(name, source === 'socket' ? `${line} | ${describeSocket(req.socket)}` : line, run);
    };
    watch(req as Emitting, (event, args) => record(`req${number}`, event, args));
    watch(res as Emitting, (event, args) => record(`res${number}`, event, args));
    watch(req.socket as Emitting, (event, args) => record('socket', event, args));
    const reached = (place: string): void => this.post({ type: 'reached', name, run: run.number, place });
    // After the handler: in a turn of its own, so that nothing of a body can come before.
    setImmediate(() => reached(`request ${number}`));
    return scenario.handle({
      req,
      res,
      server,
      number,
      log: (line) => this.log(name, line, run),
      reached,
      told: (what) => run.told(what),
    });
  }

  log(name: string, line: string, run: RunState | undefined = this.#latest.get(name)): void {
    if (run === undefined) return;
    // How a body is cut into pieces is the network's business: pieces in a row count once.
    if (line.includes(`'data'`) && run.lastLine === line) return;
    run.lastLine = line;
    this.post({ type: 'line', name, run: run.number, line });
  }

  /** The part before the colon says which scenario has thrown it. */
  #logThrown(how: string, error: unknown): void {
    if (error instanceof Error) this.log(error.message.split(':')[0] ?? '', `${how} ${error.message}`);
  }

  #run(number: number): RunState {
    let run = this.#runs.get(number);
    if (run === undefined) this.#runs.set(number, (run = new RunState(number)));
    return run;
  }
}
