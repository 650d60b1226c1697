/** Whether this machine and this Node can run a server. Says what is needed in one clear error. */
import { createError } from './shared/errors/errors.ts';

const MIN_NODE = [20, 19] as const;

/** What decides; given by tests. */
export interface Platform {
  readonly os: string;
  /** `process.versions.node`. */
  readonly nodeVersion: string;
  readonly usesIoUring: boolean;
}

export function checkPlatform(platform: Platform = thisPlatform()): void {
  const [major = 0, minor = 0] = platform.nodeVersion.split('.').map(Number);
  if (platform.os === 'win32') throw createError('PLATFORM_WINDOWS', {});
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    throw createError('PLATFORM_NODE_TOO_OLD', { version: platform.nodeVersion });
  }
  // libuv of Node 20 forgets to take duplicated descriptors out of its ring.
  if (major === 20 && platform.usesIoUring) throw createError('PLATFORM_IO_URING', { version: platform.nodeVersion });
}

const thisPlatform = (): Platform => ({
  os: process.platform,
  nodeVersion: process.versions.node,
  usesIoUring: (process.env['UV_USE_IO_URING'] ?? '0') !== '0',
});
