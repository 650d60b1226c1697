/**
 * The request corpora of other projects, where they are: `HYPERION_CORPORA`, or beside the checkout.
 * They are data that the project does not carry.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Case } from './cases.ts';

const FILES = ['llhttp.json', 'smuggler-default.json'];
const BESIDE = fileURLToPath(new URL('../../../../../shared/corpora', import.meta.url));

interface Entry {
  readonly name: string;
  readonly b64: string;
}

/** Undefined if there are none here. Throws if the variable names a place that lacks them. */
export function readCorpora(): readonly Case[] | undefined {
  const folder = process.env['HYPERION_CORPORA'] || (existsSync(BESIDE) ? BESIDE : undefined);
  if (folder === undefined) return undefined;
  return FILES.flatMap((file) =>
    (JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Entry[]).map(({ name, b64 }) => ({
      name,
      bytes: Buffer.from(b64, 'base64'),
    })),
  );
}
