/**
 * What a server makes of a byte sequence: its responses, in order, until it closes the connection.
 * The servers under test close by themselves in every case, through their time-outs.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ResponseParser } from '../response-parser.ts';

export interface Answer {
  readonly status: number;
  /** Whether it says that the connection ends. */
  readonly isLast: boolean;
  /** Of a reply of the app's; of refusals nobody compares the text. */
  readonly body: string;
}

export interface Outcome {
  readonly answers: readonly Answer[];
  /** The client's port, by which an app tells connections apart. */
  readonly clientPort: number;
  /** What was no response at all. */
  readonly error: string | undefined;
}

const MOST_ANSWERS = 100;

const ownPorts = new Map<number, Set<number>>();

/** A connection from a port that no other connection to this server has had: it tells them apart. */
async function connectFromOwnPort(port: number): Promise<Socket> {
  const used = ownPorts.get(port) ?? new Set();
  ownPorts.set(port, used);
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const clientPort = socket.localPort ?? 0;
    if (!used.has(clientPort)) {
      used.add(clientPort);
      return socket;
    }
    socket.destroy();
  }
}

/** Sends the pieces one by one, in turns of their own, and collects the responses. */
export async function sendTo(port: number, pieces: readonly Buffer[]): Promise<Outcome> {
  const socket = await connectFromOwnPort(port);
  const clientPort = socket.localPort ?? 0;
  // Not `once()`: that rejects with an 'error' that comes first.
  const closed = new Promise<unknown>((resolve) => socket.once('close', resolve));
  const answers: Answer[] = [];
  let error: string | undefined;
  const parser = new ResponseParser(({ status, headers, body, head }) => {
    const connection = headers.get('connection');
    const isLast = connection === 'close' || (head.startsWith('HTTP/1.0') && connection !== 'keep-alive');
    answers.push({ status, isLast, body: status < 400 ? body.toString('latin1') : '' });
  });
  // How many responses come is the question: more are expected than there can be.
  parser.expect(pieces[0]?.toString('latin1', 0, 5) === 'HEAD ' ? 'HEAD' : 'GET');
  for (let more = 0; more < MOST_ANSWERS; more++) parser.expect('GET');
  const read = (step: () => void): void => {
    try {
      if (error === undefined) step();
    } catch (failure) {
      error = (failure as Error).message;
    }
  };
  socket.on('data', (bytes) => read(() => parser.push(bytes)));
  socket.on('end', () => read(() => parser.end()));
  // A reset behind the last response is how some servers close.
  socket.on('error', () => {});
  for (const piece of pieces) {
    socket.write(piece);
    if (pieces.length > 1) await new Promise(setImmediate);
  }
  await closed;
  return { answers, clientPort, error };
}

/** As a line, for messages and comparisons. */
export const showAnswers = (answers: readonly Answer[]): string =>
  answers
    .map(({ status, isLast, body }) => `${status}${isLast ? ' close' : ''}${body === '' ? '' : ` (${body})`}`)
    .join(', ') || 'nothing';
