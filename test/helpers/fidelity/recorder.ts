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
import { type FromHost, type ToHost, channelName } from './messages.ts';
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

export class Recorder {
  readonly #channel: BroadcastChannel;
  readonly #runs = new Map<string, number>();
  readonly #numbers = new Map<string, number>();
  readonly #last = new Map<string, string>();
  readonly #told = new Map<string, Set<string>>();
  readonly #waiting = new Set<() => void>();

  constructor(side: string) {
    this.#channel = new BroadcastChannel(channelName(side));
    this.#channel.unref();
    process.on('uncaughtException', (error) =>
      this.log(error.message.split(':')[0] ?? '', `uncaught ${error.message}`),
    );
    process.on('unhandledRejection', (error) => {
      if (error instanceof Error) this.log(error.message.split(':')[0] ?? '', `unhandled ${error.message}`);
    });
  }

  post(message: FromHost): void {
    this.#channel.postMessage(message);
  }

  onMessage(handler: (message: ToHost) => void): void {
    this.#channel.onmessage = (event) => {
      const message = (event as { data: ToHost }).data;
      if (message.type === 'told') {
        this.#toldOf(message.name).add(message.what);
        for (const wake of this.#waiting) wake();
      }
      handler(message);
    };
  }

  /** Forgets what an earlier run of the scenario left. */
  reset(name: string, run: number): void {
    this.#runs.set(name, run);
    this.#numbers.delete(name);
    this.#told.delete(name);
    this.#last.delete(name);
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
    const number = (this.#numbers.get(name) ?? 0) + 1;
    this.#numbers.set(name, number);
    const run = this.#runs.get(name);
    const record = (source: string, event: string, args: unknown[]): void => {
      if (event === 'drain' && scenario.drainsOften === true) return;
      const line = `${source} '${event}' (${args.map(describe).join(', ')}) req: ${describeRequest(req)} | res: ${describeResponse(res)}`;
      this.log(name, source === 'socket' ? `${line} | ${describeSocket(req.socket)}` : line, run);
    };
    watch(req as Emitting, (event, args) => record(`req${number}`, event, args));
    watch(res as Emitting, (event, args) => record(`res${number}`, event, args));
    watch(req.socket as Emitting, (event, args) => record('socket', event, args));
    // After the handler: in a turn of its own, so that nothing of a body can come before.
    setImmediate(() => this.post({ type: 'reached', name, place: `request ${number}` }));
    return scenario.handle({
      req,
      res,
      server,
      number,
      log: (line) => this.log(name, line),
      reached: (place) => this.post({ type: 'reached', name, place }),
      told: (what) => this.#untilTold(name, what),
    });
  }

  #toldOf(name: string): Set<string> {
    let told = this.#told.get(name);
    if (told === undefined) this.#told.set(name, (told = new Set()));
    return told;
  }

  async #untilTold(name: string, what: string): Promise<void> {
    while (!this.#toldOf(name).has(what)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  log(name: string, line: string, run: number | undefined = this.#runs.get(name)): void {
    if (run === undefined) return;
    // How a body is cut into pieces is the network's business: pieces in a row count once.
    if (line.includes(`'data'`) && this.#last.get(name) === line) return;
    this.#last.set(name, line);
    this.post({ type: 'line', name, run, line });
  }
}
