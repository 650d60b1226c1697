/** How much a behaviour test does: the full amount with HYPERION_LONG=1, else a fraction of it. */

export const isLong: boolean = process.env['HYPERION_LONG'] === '1';

/** A tenth, or `usual` where that would still take too long. */
export const amount = (full: number, usual: number = Math.ceil(full / 10)): number => (isLong ? full : usual);
