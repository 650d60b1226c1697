/** The command line of the fault bench. In: arguments. Out: what is wanted, checked. */
import { parseArgs } from 'node:util';
import { UsageError } from '../options.ts';

export const USAGE = `npm run bench:faults -- [fault ...] [options]

Under a constant load of light requests, every second one fault: hyperion with all faults, then the
next server. Without a fault: all of them, with results written to docs/benchmarks; goes on where an
earlier run of the same code stopped. With faults: those, printed.

  --seconds N       of every fault (default 60)
  --rate N          requests a second (default 500)
  --connections N   keep-alive connections (default 300)
  --threads N       threads, or processes, of each server (default 4)
  --against A,B     only these of hyperion, node:cluster, watt
  --node V          Node of the servers: 20, 24, 26 (installed in bench) or a program (default 26)
  --docs            write to docs/benchmarks also where faults, --seconds or --against were given;
                    results of other faults and servers stay there
  --fresh           measure again what is there already
  --redraw          measure nothing: write the page from the results
  --json FILE       every figure of this run`;

export interface FaultOptions {
  readonly faults: readonly string[];
  readonly seconds: number;
  readonly perSecond: number;
  readonly connections: number;
  readonly threads: number;
  readonly against: readonly string[] | undefined;
  readonly node: string | undefined;
  readonly writesDocs: boolean;
  readonly isFresh: boolean;
  readonly onlyRedraws: boolean;
  readonly json: string | undefined;
  readonly wantsHelp: boolean;
}

const positive = (name: string, value: string): number => {
  const number = Number(value);
  if (!(number > 0)) throw new UsageError(`Expected --${name} to be a number above 0, got '${value}'`);
  return number;
};

export const parseFaultOptions = (args: readonly string[]): FaultOptions => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: 'string' },
      rate: { type: 'string', default: '500' },
      connections: { type: 'string', default: '300' },
      threads: { type: 'string', default: '4' },
      against: { type: 'string' },
      node: { type: 'string' },
      docs: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      redraw: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const isWhole = positionals.length === 0 && values.seconds === undefined && values.against === undefined;
  return {
    faults: positionals,
    seconds: positive('seconds', values.seconds ?? '60'),
    perSecond: positive('rate', values.rate),
    connections: positive('connections', values.connections),
    threads: positive('threads', values.threads),
    against: values.against?.split(','),
    node: values.node,
    writesDocs: isWhole || values.docs,
    isFresh: values.fresh,
    onlyRedraws: values.redraw,
    json: values.json,
    wantsHelp: values.help,
  };
};
