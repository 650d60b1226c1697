/** What the acceptor counts. Plain numbers: it is the only one that writes or reads them. */

import type { ConnectionLimit } from './listening/connection-limits.ts';

/** Why a request was answered 503 by the acceptor. */
export type RejectReason = 'maxPending' | 'maxWait' | 'drain' | 'noDescriptors' | ConnectionLimit;

/** Other replies that the acceptor gives by itself, by what caused them. */
export type RefusalReason =
  | 'badRequest'
  | 'readTimeout'
  | 'headTooLarge'
  | 'bodyTooLarge'
  | 'threadFailed'
  | 'maxInFlightPerConnection'
  | 'handlerTimeout';

export interface AcceptorCounters {
  /** Connections accepted. */
  accepted: number;
  /** How often accepting has paused because descriptors ran short. */
  acceptPauses: number;
  readonly rejected: Record<RejectReason, number>;
  readonly refused: Record<RefusalReason, number>;
}

export const createCounters = (): AcceptorCounters => ({
  accepted: 0,
  acceptPauses: 0,
  rejected: { maxPending: 0, maxWait: 0, drain: 0, noDescriptors: 0, maxConnections: 0, maxConnectionsPerIp: 0 },
  refused: {
    badRequest: 0,
    readTimeout: 0,
    headTooLarge: 0,
    bodyTooLarge: 0,
    threadFailed: 0,
    maxInFlightPerConnection: 0,
    handlerTimeout: 0,
  },
});
