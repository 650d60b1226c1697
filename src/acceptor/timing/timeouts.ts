/**
 * What becomes of a connection when its time comes. Pure: the connection's times in, what to do and
 * when to look again out. Every time-out of the acceptor is in here. All times are milliseconds of
 * one clock; a limit of 0 is off.
 */

/** How a connection stands, as far as time is concerned. */
export type Standing =
  /** No byte has come yet. */
  | { readonly phase: 'new'; readonly acceptedAt: number }
  /** A request has begun and is not whole. */
  | { readonly phase: 'reading'; readonly begunAt: number; readonly lastByteAt: number }
  /** In the queue since. */
  | { readonly phase: 'waiting'; readonly waitingSince: number }
  /** A thread has it; since when its handler runs, if it is the acceptor's to judge. */
  | { readonly phase: 'running'; readonly startedAt: number | undefined }
  /** Between two requests. */
  | { readonly phase: 'idle'; readonly idleSince: number; readonly hasWriteDescriptor: boolean }
  /** A reply of our own is being written: it keeps the connection, or it closes it. */
  | { readonly phase: 'replying'; readonly since: number }
  | { readonly phase: 'lingering'; readonly since: number };

export interface TimeLimits {
  readonly readTimeoutMs: number;
  readonly maxRequestReadMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly maxWaitMs: number;
  readonly handlerTimeoutMs: number;
}

/** Of a server that stops: since when, and how long a connection between requests may still bring one. */
export interface Drain {
  readonly since: number;
  readonly idleMs: number;
}

export type Verdict =
  /** Look again at that time. */
  | { readonly action: 'look'; readonly at: number }
  /** 408. */
  | { readonly action: 'refuse-slow' }
  /** 503, waited too long. */
  | { readonly action: 'refuse-waiting' }
  /** The handler has had its time: 504, or a cut. */
  | { readonly action: 'end-handler' }
  /** Close without a word. */
  | { readonly action: 'close' }
  /** Give the second descriptor of an idle connection back; it is made again when needed. */
  | { readonly action: 'release-descriptor' };

/** node:http announces the keep-alive timeout and waits a second more, so that a client that is on time wins. */
export const KEEP_ALIVE_GRACE_MS = 1000;
/** How long an idle connection keeps its write descriptor. */
export const DESCRIPTOR_IDLE_MS = 1000;
/** How long a lingering close waits for the client's end. */
export const LINGER_MS = 1500;
/** How often a connection that nothing bounds is looked at. */
const LOOK_AGAIN_MS = 1000;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * How long a request that was lent may go without a look: a handler that begins right after this
 * one is not due before the next.
 */
export const lookAgainMs = ({ handlerTimeoutMs }: TimeLimits): number =>
  handlerTimeoutMs === 0 ? LOOK_AGAIN_MS : Math.min(LOOK_AGAIN_MS, handlerTimeoutMs);

const at = (since: number, limitMs: number): number => (limitMs === 0 ? NEVER : since + limitMs);

const drainDue = (quietSince: number, drain: Drain | undefined): number =>
  drain === undefined ? NEVER : Math.max(quietSince, drain.since) + drain.idleMs;

const until = (due: number, now: number, verdict: Verdict): Verdict =>
  now >= due ? verdict : { action: 'look', at: Math.min(due, now + 86_400_000) };

export function judge(standing: Standing, limits: TimeLimits, drain: Drain | undefined, now: number): Verdict {
  switch (standing.phase) {
    case 'new': {
      const due = at(standing.acceptedAt, limits.readTimeoutMs);
      return until(Math.min(due, drainDue(standing.acceptedAt, drain)), now, { action: 'close' });
    }
    case 'reading': {
      const readDue = at(standing.lastByteAt, limits.readTimeoutMs);
      const requestDue = at(standing.begunAt, limits.maxRequestReadMs);
      return until(Math.min(readDue, requestDue), now, { action: 'refuse-slow' });
    }
    case 'waiting': {
      const due = at(standing.waitingSince, limits.maxWaitMs);
      if (now >= due) return { action: 'refuse-waiting' };
      // It may begin to run right after this look.
      return { action: 'look', at: Math.min(due, now + lookAgainMs(limits)) };
    }
    case 'running': {
      const due = standing.startedAt === undefined ? NEVER : at(standing.startedAt, limits.handlerTimeoutMs);
      if (now >= due) return { action: 'end-handler' };
      return { action: 'look', at: Math.min(due, now + lookAgainMs(limits)) };
    }
    case 'idle': {
      const keepAliveDue =
        limits.keepAliveTimeoutMs === 0 ? NEVER : standing.idleSince + limits.keepAliveTimeoutMs + KEEP_ALIVE_GRACE_MS;
      const closeDue = Math.min(keepAliveDue, drainDue(standing.idleSince, drain));
      if (now >= closeDue) return { action: 'close' };
      const releaseDue = standing.idleSince + DESCRIPTOR_IDLE_MS;
      if (!standing.hasWriteDescriptor) return until(closeDue, now, { action: 'close' });
      return until(Math.min(releaseDue, closeDue), now, { action: 'release-descriptor' });
    }
    case 'replying':
      return until(at(standing.since, limits.writeTimeoutMs), now, { action: 'close' });
    case 'lingering':
      return until(standing.since + LINGER_MS, now, { action: 'close' });
  }
}
