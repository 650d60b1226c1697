/** What a server program of this project's own reads of its setup. In the server's process. */
import type { RequestListener } from 'node:http';
import type { ServerSetup } from '../types.ts';

export const readSetup = (): ServerSetup => JSON.parse(process.env['BENCH_SETUP'] ?? '{}') as ServerSetup;

export const loadListener = async ({ appUrl }: ServerSetup): Promise<RequestListener> =>
  ((await import(appUrl)) as { default: RequestListener }).default;
