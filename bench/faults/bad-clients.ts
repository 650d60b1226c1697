/** Faults that are clients: they reset their connections, or send slowly. */
import { connect, type Socket } from 'node:net';
import { Outcomes } from './outcomes.ts';
import type { Fault } from './types.ts';

const RESETS_A_SECOND = 200;
/** Long enough that most of them have been read, too short for all to be answered. */
const RESET_AFTER_MS = 20;
const SLOW_SENDERS = 500;

/** Left in the middle of a head, of a body, of a handler's wait, of a large reply. */
const BEGUN = [
  'GET /light HTTP/1.1\r\nHost: loc',
  'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nhalf',
  'GET /await HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n',
];

const open = (port: number): Socket => connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {});

const resets: Fault = {
  name: 'resets',
  title: `Every second ${RESETS_A_SECOND} clients reset their connections in the middle of something`,
  brief: `${RESETS_A_SECOND} clients reset their connections`,
  isOfTheApp: false,
  start: ({ port }) => {
    const outcomes = new Outcomes();
    const sockets = new Set<Socket>();
    const leave = (begun: string): void => {
      const socket = open(port);
      sockets.add(socket);
      socket.write(begun);
      socket.on('close', () => sockets.delete(socket));
      socket.once('connect', () =>
        setTimeout(() => {
          outcomes.add('left');
          socket.resetAndDestroy();
        }, RESET_AFTER_MS),
      );
    };
    const tick = (): void => {
      for (let index = 0; index < RESETS_A_SECOND; index += 1) leave(BEGUN[index % BEGUN.length] ?? '');
    };
    const stop = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
    };
    return { tick, stop, outcomes: () => outcomes.read() };
  },
};

const slowSenders: Fault = {
  name: 'slow-senders',
  title: `${SLOW_SENDERS} clients send a header line a second, and never end`,
  brief: `${SLOW_SENDERS} clients never end their head`,
  isOfTheApp: false,
  start: ({ port }) => {
    const outcomes = new Outcomes();
    const sockets = new Set<Socket>();
    const add = (): void => {
      const socket = open(port);
      sockets.add(socket);
      socket.write('GET /light HTTP/1.1\r\nHost: localhost\r\n');
      outcomes.add('opened');
      socket.resume().on('close', () => {
        // Who is sent away comes again with the next second.
        if (sockets.delete(socket)) outcomes.add('sent away');
      });
    };
    const tick = (): void => {
      for (const socket of sockets) if (!socket.connecting) socket.write('x-slow: 1\r\n');
      while (sockets.size < SLOW_SENDERS) add();
    };
    const stop = async (): Promise<void> => {
      const left = [...sockets];
      sockets.clear();
      for (const socket of left) socket.destroy();
    };
    return { tick, stop, outcomes: () => outcomes.read() };
  },
};

export const CLIENT_FAULTS: readonly Fault[] = [resets, slowSenders];
