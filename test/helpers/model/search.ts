/**
 * Breadth-first over all states that the moves of a world lead to. A state is known by a hash of 64
 * bits (two different states with one hash: less than one in a million searches of five million
 * states). Rows are kept only while their moves are open; who led to whom is kept for all, so that
 * the way to a fault can be told, and so that what can no longer come to a good end is found.
 */
import { problemAtEnd } from './checks.ts';
import { listMoves } from './choices.ts';
import { withFakeNode } from './fake-node.ts';
import { HashSet } from './hash-set.ts';
import type { World } from './world.ts';
import { cutShort, isFate, isThreads } from './moves.ts';
import type { Row } from './row.ts';

export interface Outcome {
  readonly states: number;
  /** Whether all states were seen. */
  readonly isComplete: boolean;
  /** States in which nothing moves any more, unless something goes wrong. */
  readonly ends: number;
  readonly fault: Fault | undefined;
  /** Nodes of the actors: how often their code was run. */
  readonly nodes: number;
  readonly merges: number;
}

export interface Fault {
  readonly complaint: string;
  /** The moves that lead there. */
  readonly moves: readonly number[];
}

/** Other ways to a node that are run again, for each actor. */
const MOST_MERGES = 250;

/** Grows by doubling. */
class Numbers {
  #values = new Int32Array(1 << 12);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const more = new Int32Array(this.#values.length * 2);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#values[index] as number;
  }
}

export function search(world: World, maxStates: number): Outcome {
  return withFakeNode(() => new Search(world, maxStates).run());
}

class Search {
  readonly #world: World;
  readonly #maxStates: number;
  readonly #known = new HashSet();
  readonly #parents = new Numbers();
  readonly #moves = new Numbers();
  /** Moves that happen by themselves: from, to. */
  readonly #from = new Numbers();
  readonly #to = new Numbers();
  readonly #goodEnds: number[] = [];
  #fault: Fault | undefined;

  constructor(world: World, maxStates: number) {
    this.#world = world;
    this.#maxStates = maxStates;
    this.#after = new Int32Array(world.shape.length);
  }

  run(): Outcome {
    const world = this.#world;
    const first = world.start();
    this.#add(first, -1, 0);
    let layer: Row[] = [first];
    let firstOfLayer = 0;
    while (layer.length > 0 && this.#fault === undefined && this.#known.size < this.#maxStates) {
      const next: Row[] = [];
      for (let at = 0; at < layer.length && this.#fault === undefined; at += 1) {
        this.#expand(layer[at] as Row, firstOfLayer + at, next);
      }
      firstOfLayer += layer.length;
      layer = next;
    }
    const isComplete = layer.length === 0 && this.#fault === undefined;
    if (isComplete) this.#findStuck();
    const automata = [world.acceptor, ...world.threads];
    const merges =
      this.#fault === undefined ? automata.reduce((sum, each) => sum + each.checkMerges(MOST_MERGES), 0) : 0;
    return {
      states: this.#known.size,
      isComplete,
      ends: this.#goodEnds.length,
      fault: this.#fault,
      nodes: automata.reduce((sum, { nodes }) => sum + nodes.length, 0),
      merges,
    };
  }

  readonly #open: number[] = [];
  readonly #after: Row;

  #expand(state: Row, id: number, next: Row[]): void {
    const world = this.#world;
    const moves = this.#open;
    listMoves(world, state, moves);
    const mayDie = world.mayDie(state);
    let isEnd = true;
    for (let at = 0; at < moves.length; at += 1) {
      const move = moves[at] as number;
      const after = this.#after;
      after.set(state);
      const made = world.apply(after, move);
      if (world.complaint !== undefined) {
        this.#blame(world.complaint, id, move);
        return;
      }
      const known = this.#add(after, id, move);
      if (known < 0) next.push(after.slice());
      if (isFate(move)) continue;
      isEnd = false;
      this.#from.push(id);
      this.#to.push(known < 0 ? ~known : known);
      // Between accesses that are one move a thread can die all the same.
      if (!mayDie || !isThreads(move)) continue;
      for (let cut = 1; cut < made; cut += 1) moves.push(cutShort(move, cut));
    }
    if (!isEnd) return;
    const problem = problemAtEnd(world, state);
    if (problem === undefined) this.#goodEnds.push(id);
    else this.#blame(problem, id, 0);
  }

  /** The number of the state; its complement if it is new. */
  #add(state: Row, parent: number, move: number): number {
    const known = this.#known.add(state);
    if (known < 0) {
      this.#parents.push(parent);
      this.#moves.push(move);
    }
    return known;
  }

  #blame(complaint: string, id: number, last: number): void {
    const moves: number[] = last === 0 ? [] : [last];
    for (let at = id; at > 0; at = this.#parents.at(at)) moves.push(this.#moves.at(at));
    this.#fault ??= { complaint, moves: moves.reverse() };
  }

  /** A state from which no good end can be reached, though it always moves. */
  #findStuck(): void {
    const size = this.#known.size;
    const starts = new Int32Array(size + 1);
    for (let edge = 0; edge < this.#to.length; edge += 1)
      starts[this.#to.at(edge) + 1] = (starts[this.#to.at(edge) + 1] as number) + 1;
    for (let at = 0; at < size; at += 1) starts[at + 1] = (starts[at + 1] as number) + (starts[at] as number);
    const fill = starts.slice();
    const sources = new Int32Array(this.#to.length);
    for (let edge = 0; edge < this.#to.length; edge += 1) {
      const to = this.#to.at(edge);
      sources[fill[to] as number] = this.#from.at(edge);
      fill[to] = (fill[to] as number) + 1;
    }
    const isGood = new Uint8Array(size);
    const queue = new Int32Array(size);
    let length = 0;
    for (const end of this.#goodEnds) {
      isGood[end] = 1;
      queue[length++] = end;
    }
    for (let at = 0; at < length; at += 1) {
      const to = queue[at] as number;
      for (let edge = starts[to] as number; edge < (starts[to + 1] as number); edge += 1) {
        const from = sources[edge] as number;
        if (isGood[from] === 1) continue;
        isGood[from] = 1;
        queue[length++] = from;
      }
    }
    const stuck = isGood.indexOf(0);
    if (stuck !== -1) this.#blame('from here nothing comes to an end', stuck, 0);
  }
}
