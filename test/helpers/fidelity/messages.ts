/**
 * What the test's main thread and the thread that serves a scenario tell each other, over a
 * BroadcastChannel of the side's name: it reaches threads that the server under test has started.
 *
 * A scenario may run many times; `run` tells what still comes of an earlier run from this one's.
 */
export type ToHost =
  | { readonly type: 'start'; readonly name: string; readonly run: number }
  | { readonly type: 'stop'; readonly name: string }
  | { readonly type: 'told'; readonly name: string; readonly what: string };

export type FromHost =
  | { readonly type: 'loaded' }
  | { readonly type: 'listening'; readonly name: string; readonly port: number }
  | { readonly type: 'line'; readonly name: string; readonly run: number; readonly line: string }
  | { readonly type: 'reached'; readonly name: string; readonly place: string };

export const channelName = (side: string): string => `fidelity ${side}`;
