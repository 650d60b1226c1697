/**
 * A request of a lent connection as node's server announces it. Worker threads.
 */
import type { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';

export type ExchangeEvent = 'request' | 'checkContinue' | 'checkExpectation' | 'upgrade' | 'connect';

export interface Exchange {
  readonly event: ExchangeEvent;
  /** As node emits them: req and res, or req, socket and the first bytes of the other protocol. */
  readonly args: readonly unknown[];
  readonly request: IncomingMessage;
  /** None at an upgrade or CONNECT. */
  readonly response: ServerResponse | undefined;
  /** The async context in which the app gets it. */
  readonly resource: AsyncResource;
  /** Whether the app knows of it. */
  hasBegun: boolean;
}

const EVENTS: ReadonlySet<unknown> = new Set<ExchangeEvent>([
  'request',
  'checkContinue',
  'checkExpectation',
  'upgrade',
  'connect',
]);

export const isExchangeEvent = (event: unknown): event is ExchangeEvent => EVENTS.has(event);

export const isUpgradeEvent = (event: ExchangeEvent): boolean => event === 'upgrade' || event === 'connect';
