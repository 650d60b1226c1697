/**
 * `maxConnections` and `maxConnectionsPerIp`: a permit for each connection that is served. One that
 * is refused at the door has none, and takes no place of others while it is told so.
 */

/** Which of the limits refuses a connection. */
export type ConnectionLimit = 'maxConnections' | 'maxConnectionsPerIp';

export class ConnectionLimits {
  readonly #most: number;
  readonly #mostPerIp: number;
  readonly #byIp = new Map<string, number>();
  /** Permits given. */
  open = 0;

  /** 0 for the second one: none. */
  constructor(maxConnections: number, maxConnectionsPerIp: number) {
    this.#most = maxConnections;
    this.#mostPerIp = maxConnectionsPerIp;
  }

  /** Whether the addresses of connections matter: asking for one is a system call. */
  get isPerIp(): boolean {
    return this.#mostPerIp !== 0;
  }

  /** Undefined: it has a permit. `ip` is undefined on a Unix socket, and where it does not matter. */
  tryAcquire(ip: string | undefined): ConnectionLimit | undefined {
    if (this.open >= this.#most) return 'maxConnections';
    if (ip !== undefined && this.isPerIp) {
      const open = this.#byIp.get(ip) ?? 0;
      if (open >= this.#mostPerIp) return 'maxConnectionsPerIp';
      this.#byIp.set(ip, open + 1);
    }
    this.open += 1;
    return undefined;
  }

  /** Gives a permit back; `ip` as it was acquired for. */
  release(ip: string | undefined): void {
    this.open -= 1;
    if (ip === undefined || !this.isPerIp) return;
    const open = this.#byIp.get(ip) ?? 0;
    if (open > 1) this.#byIp.set(ip, open - 1);
    else this.#byIp.delete(ip);
  }
}
