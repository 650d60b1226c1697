/** Everything public, and nothing else. */
import { SERVER_BUSY } from './shared/replies.ts';

export { Server, type StopOptions } from './server.ts';
export type { StopReport } from './server-stop.ts';
export type { ServerStats, ThreadStats } from './server-stats.ts';
export {
  type App,
  type AppContext,
  type AppLogMethod,
  type AppSetup,
  defineApp,
  type DefinedApp,
  type DirectRequest,
  type FastifyApp,
  type FetchApp,
  type KoaApp,
  type PlainReply,
  type ReplyBody,
  type RouteHandler,
  type RouteReply,
  type Routes,
  type StaticOptions,
} from './app-adapter/load/define-app.ts';
export { type Config, defineConfig } from './config-file.ts';
export { DEFAULT_READ_TIMEOUT_MS, DEFAULT_THREAD_COUNT, type ServerOptions } from './shared/options/options.ts';
export {
  AppError,
  ConfigError,
  HyperionError,
  ListenError,
  OptionError,
  PlatformError,
  RouteError,
  ServerError,
  ThreadError,
  UsageError,
} from './shared/errors/errors.ts';

/** The frozen reply of an overloaded server, byte for byte, latin1. */
export const REJECT_503: string = SERVER_BUSY.text;
