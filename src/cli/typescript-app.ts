/**
 * Tells, before any thread starts, that this Node cannot load a TypeScript app: the loader's own error
 * would not say what to do about it.
 */
import { createError } from '../shared/errors/errors.ts';

/** What decides it: parts of `process`. */
export interface Loading {
  /** `process.features.typescript`: `'strip'`, `'transform'`, false, or undefined on an older Node. */
  readonly typescript: unknown;
  readonly execArgv: readonly string[];
  readonly nodeOptions: string | undefined;
  /** `process.version` */
  readonly version: string;
}

export function currentLoading(): Loading {
  return {
    typescript: (process.features as { readonly typescript?: unknown }).typescript,
    execArgv: process.execArgv,
    nodeOptions: process.env['NODE_OPTIONS'],
    version: process.version,
  };
}

/** Throws an AppError if nothing here can load `path`. A preloaded module may be a loader: it gets its chance. */
export function checkTypeScriptApp(path: string, { typescript, execArgv, nodeOptions = '', version }: Loading): void {
  const isPlain = /\.[cm]?ts$/.test(path);
  if (!isPlain && !path.endsWith('.tsx')) return; // Node strips types from .ts, never from .tsx
  if (isPlain && typescript !== undefined && typescript !== false) return;
  const flags = [...execArgv, ...nodeOptions.split(/\s+/)];
  const mayLoad = /^(--import|--require|-r|--loader|--experimental-(loader|strip-types|transform-types))(=|$)/;
  if (!flags.some((flag) => mayLoad.test(flag))) throw createError('APP_NEEDS_TYPE_STRIPPING', { path, version });
}
