/**
 * What the test's main thread and the thread that serves a scenario tell each other, over a
 * BroadcastChannel of the side's name: it reaches threads that the server under test has started.
 *
 * A scenario may run many times. The number of the run is in the target of its requests, and in all
 * that is told about them.
 */
export type ToHost =
  | { readonly type: 'start'; readonly name: string }
  | { readonly type: 'stop'; readonly name: string }
  | { readonly type: 'told'; readonly run: number; readonly what: string };

export type FromHost =
  | { readonly type: 'loaded' }
  | { readonly type: 'listening'; readonly name: string; readonly port: number }
  | { readonly type: 'line'; readonly name: string; readonly run: number; readonly line: string }
  | { readonly type: 'reached'; readonly name: string; readonly run: number; readonly place: string };

export const channelName = (side: string): string => `fidelity ${side}`;

/** The scenario and the run of a request's target. */
export const readTarget = (target: string | undefined): { name: string; run: number } => {
  const [path = '', run] = (target ?? '').split('?');
  return { name: path.slice(1), run: Number(run) };
};
