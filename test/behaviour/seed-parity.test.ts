/** docs/seed-parity.md has a row for every ID of the seed's feature list, each with a state. */
import test from 'ava';
import { readFileSync } from 'node:fs';
import { projectFolder } from '../helpers/hyperion-process.ts';

/** The sections of the feature list and how many rows each has. */
const rows: Readonly<Record<string, number>> = {
  API: 15,
  CTOR: 24,
  DISP: 9,
  ABU: 16,
  H1: 26,
  RES: 8,
  DIR: 18,
  FILE: 11,
  STR: 7,
  ENVK: 12,
  H2: 17,
  GRPC: 4,
  TLS: 8,
  WS: 22,
  CLU: 20,
  RT: 6,
  ADM: 8,
  LOG: 13,
  MET: 17,
  CFG: 20,
  CLI: 15,
  IOU: 5,
};

const page = readFileSync(`${projectFolder}docs/seed-parity.md`, 'utf8');
const cells = page
  .split('\n')
  .filter((line) => /^\| [A-Z0-9]+-[0-9C]+ \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('every ID has one row', (t) => {
  const expected = Object.entries(rows).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, index) => `${name}-${String(index + 1).padStart(2, '0')}`),
  );
  t.deepEqual(cells.map((row) => row[1] ?? '').sort(), [...expected, 'CTOR-C'].sort());
});

test('every row has a state, and what cannot be has a reason', (t) => {
  for (const [, id, what, state, here] of cells) {
    t.truthy(what, id);
    t.true(['done', 'later', 'cannot'].includes(state ?? ''), `${id}: ${state}`);
    if (state === 'cannot') t.truthy(here, `${id} needs a reason`);
  }
});
