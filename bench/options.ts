/** The command line of the bench. In: arguments. Out: what is wanted, checked. */
import { parseArgs } from 'node:util';

export const USAGE = `npm run bench -- [scenario ...] [options]

Without a scenario: all of them, with results, tables and charts written to docs/benchmarks; goes on
where an earlier run of the same code stopped. With scenarios (or the beginning of their names, as
cpu for cpu-1ms, cpu-5ms, cpu-20ms): those, printed.

  --minutes N      make it fit into that time: shorter measurements, then fewer rounds (default 58)
  --quick          a few scenarios, short, without the rivals that have to be installed
  --base REV       only hyperion: this tree beside that git revision, as ratios
  --against A,B    only hyperion and these rivals
  --node V         Node of the servers: 20, 24, 26 (installed in bench) or a program (default 26)
  --rounds N, --seconds N   of every measurement
  --docs           write to docs/benchmarks also where scenarios, --quick or --against were given
  --fresh          measure again what is there already
  --redraw         measure nothing: write page and charts from the results
  --json FILE      every measurement`;

/** What whoever typed the command can mend: shown without a stack. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export interface BenchOptions {
  readonly scenarios: readonly string[];
  readonly minutes: number;
  readonly isQuick: boolean;
  readonly base: string | undefined;
  readonly against: readonly string[] | undefined;
  readonly node: string | undefined;
  readonly rounds: number | undefined;
  readonly seconds: number | undefined;
  readonly writesDocs: boolean;
  readonly isFresh: boolean;
  readonly onlyRedraws: boolean;
  readonly json: string | undefined;
  readonly wantsHelp: boolean;
}

/** An hour less the time that building and a slow start take. */
const DEFAULT_MINUTES = 58;

const positive = (name: string, value: string | undefined): number | undefined => {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number > 0)) throw new UsageError(`Expected --${name} to be a number above 0, got '${value}'`);
  return number;
};

export const parseOptions = (args: readonly string[]): BenchOptions => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: 'string' },
      quick: { type: 'boolean', default: false },
      base: { type: 'string' },
      against: { type: 'string' },
      node: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      docs: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      redraw: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const isWhole = positionals.length === 0 && !values.quick && values.against === undefined;
  return {
    scenarios: positionals,
    minutes: positive('minutes', values.minutes) ?? DEFAULT_MINUTES,
    isQuick: values.quick,
    base: values.base,
    against: values.against?.split(','),
    node: values.node,
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    // Ratios to some revision are for the one who asked.
    writesDocs: values.base === undefined && (isWhole || values.docs),
    isFresh: values.fresh,
    onlyRedraws: values.redraw,
    json: values.json,
    wantsHelp: values.help,
  };
};
