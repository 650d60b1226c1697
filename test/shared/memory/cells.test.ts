import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { Cells } from '../../../src/shared/memory/cells.ts';

const createCells = (): Cells => new Cells(new SharedArrayBuffer(64));

test('each operation gives what the cell held and touches no other cell', (t) => {
  const cells = createCells();
  cells.store(3, 5);
  t.is(cells.load(3), 5);
  t.is(cells.compareExchange(3, 4, 9), 5);
  t.is(cells.load(3), 5, 'a swap that expects another value changes nothing');
  t.is(cells.compareExchange(3, 5, 9), 5);
  t.is(cells.exchange(3, 1), 9);
  t.is(cells.add(3, 2), 1);
  t.is(cells.or(3, 12), 3);
  t.is(cells.load(3), 15);
  for (const cell of [0, 1, 2, 4, 15]) t.is(cells.load(cell), 0);
});

test('a cell has 32 bits and a sign: counts wrap', (t) => {
  const cells = createCells();
  cells.store(0, 2 ** 31 - 1);
  cells.add(0, 1);
  t.is(cells.load(0), -(2 ** 31));
  t.is(cells.or(0, 1 << 31), -(2 ** 31));
});

test('no count is lost between threads', async (t) => {
  const buffer = new SharedArrayBuffer(64);
  const cells = new Cells(buffer);
  const code = `
    const { workerData } = require('node:worker_threads');
    import(workerData.url).then(({ Cells }) => {
      const cells = new Cells(workerData.buffer);
      for (let turn = 0; turn < 50_000; turn += 1) {
        cells.add(0, 1);
        for (;;) { const seen = cells.load(1); if (cells.compareExchange(1, seen, seen + 1) === seen) break; }
      }
    });`;
  const url = new URL('../../../src/shared/memory/cells.js', import.meta.url).href;
  const workers = [1, 2].map(() => new Worker(code, { eval: true, workerData: { url, buffer } }));
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  t.is(cells.load(0), 100_000);
  t.is(cells.load(1), 100_000);
});
