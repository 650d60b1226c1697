/** How an option is called outside JavaScript, and how its default is said. For flags, help and docs. */
import { OPTION_TABLE, type OptionRow } from '../shared/options/option-table.ts';

export interface NamedOption {
  /** `readTimeoutMs` */
  readonly name: string;
  readonly row: OptionRow<unknown>;
  /** `read-timeout-ms`, without dashes; undefined for what no text can say. */
  readonly flag: string | undefined;
  /** `HYPERION_READ_TIMEOUT_MS` */
  readonly variable: string | undefined;
}

/** Every option, in the table's order. */
export const NAMED_OPTIONS: readonly NamedOption[] = Object.entries(OPTION_TABLE).map(
  ([name, row]: [string, OptionRow<unknown>]) => {
    const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const hasFlag = row.flag !== false;
    return {
      name,
      row,
      flag: row.flag === false ? undefined : (row.flag ?? words),
      variable: hasFlag ? `HYPERION_${words.replaceAll('-', '_').toUpperCase()}` : undefined,
    };
  },
);

/** `30000`, `info`, `required`; without the unit. */
export function defaultOf({ default: value, defaultText }: OptionRow<unknown>): string {
  if (defaultText !== undefined) return defaultText;
  if (value === undefined) return 'required';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
