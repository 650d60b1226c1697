/**
 * How many descriptors stay free for what the app opens, and for the second descriptors of the
 * connections that are there. Numbers in, numbers out, but for `countOpenDescriptors`.
 */
import { readdirSync, statSync } from 'node:fs';

const RESERVE_SHARE = 0.05;
const LEAST_RESERVE = 64;

/** Accepting stops when fewer than this are free. Never more than half of those that were free at the start. */
export function reserveOf(limit: number, freeAtStart: number): number {
  if (!Number.isFinite(limit)) return 0;
  return Math.min(Math.max(LEAST_RESERVE, Math.ceil(limit * RESERVE_SHARE)), Math.floor(freeAtStart / 2));
}

/** It goes on when so many are free: a quarter more, so that it does not stop again at once. */
export const comfortOf = (reserve: number): number => Math.ceil(reserve * 1.25);

/** Undefined where this system does not tell. */
export function countOpenDescriptors(): number | undefined {
  try {
    // Linux tells by the folder's size since 6.2: one call, and no descriptor of its own.
    const size = process.platform === 'linux' ? statSync('/proc/self/fd').size : 0;
    return size > 0 ? size : readdirSync('/dev/fd').length;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' || code === 'ENFILE' ? Number.POSITIVE_INFINITY : undefined;
  }
}
