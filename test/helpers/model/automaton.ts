/**
 * An actor (the acceptor, a thread) as a state machine that is found out by running its real code.
 * A node is where the code stands: at an access that waits for its answer, or between two events. An
 * edge is an answer or an event. The code is run once for each edge, from its birth along the way
 * that first led there; after that the search only follows numbers.
 *
 * Ways that lead to the same standing between two events are one node: `key()` of the session says
 * all that its future depends on. That nothing is missing in it is checked by `checkMerges`.
 */
import { type Access, Tape } from './tape.ts';

/** One life of an actor: its real objects, and how events reach them. */
export interface Session {
  run(event: number): void;
  /** Between two events: all that matters for what it will do. May use the objects up. */
  standing(): Standing;
}

export interface Standing {
  readonly key: string;
  /** Events of its own that can happen now. */
  readonly events: readonly number[];
  /** Whatever else the world wants to know: clients whose bytes it would read (bits), requests pending. */
  readonly reads: number;
  readonly pending: number;
}

export interface Node {
  readonly id: number;
  readonly parent: Node | undefined;
  /** The answer or the event that led here from the parent. */
  readonly input: number;
  /** Undefined between two events. */
  readonly access: Access | undefined;
  readonly standing: Standing | undefined;
  readonly edges: Map<number, Edge>;
}

export interface Edge {
  readonly to: Node;
  readonly effects: readonly number[];
}

/** Another way to a node. */
interface Merge {
  readonly node: Node;
  readonly parent: Node;
  readonly input: number;
}

/** The code threw what it never may. */
export class BrokenCode extends Error {
  override name = 'BrokenCode';
}

export class Automaton {
  readonly #birth: (tape: Tape) => Session;
  readonly #byKey = new Map<string, Node>();
  readonly #merges: Merge[] = [];
  readonly nodes: Node[] = [];
  readonly start: Node;

  constructor(birth: (tape: Tape) => Session) {
    this.#birth = birth;
    this.start = this.#add(undefined, 0, undefined, { key: 'start', events: [], reads: 0, pending: 0 });
  }

  edge(from: Node, input: number): Edge {
    let edge = from.edges.get(input);
    if (edge === undefined) {
      edge = this.#find(from, input);
      from.edges.set(input, edge);
    }
    return edge;
  }

  /** Other ways to each node, run again with what is known of it: throws where they differ. Gives how many. */
  checkMerges(most: number): number {
    const step = Math.max(1, Math.ceil(this.#merges.length / most));
    let checked = 0;
    for (let index = 0; index < this.#merges.length; index += step) {
      const { node, parent, input } = this.#merges[index] as Merge;
      for (const [event, edge] of node.edges) {
        checked += 1;
        const other = this.#run([...wayTo(parent), input, event]);
        const same = JSON.stringify(other.access) === JSON.stringify(edge.to.access);
        if (!same || String(other.effects) !== String(edge.effects)) {
          throw new Error(`Two ways to one node differ: ${node.standing?.key}`);
        }
      }
    }
    return checked;
  }

  #find(from: Node, input: number): Edge {
    const { access, effects, standing } = this.#run([...wayTo(from), input]);
    if (access !== undefined) return { to: this.#add(from, input, access, undefined), effects };
    const key = standing?.key ?? '';
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      this.#merges.push({ node: known, parent: from, input });
      return { to: known, effects };
    }
    const to = this.#add(from, input, undefined, standing);
    this.#byKey.set(key, to);
    return { to, effects };
  }

  /** Runs a new life along events and answers. */
  #run(way: readonly number[]): Pick<Node, 'access' | 'standing'> & { readonly effects: readonly number[] } {
    const tape = new Tape();
    const session = this.#birth(tape);
    let position = 0;
    while (position < way.length) {
      const event = way[position] as number;
      position += 1;
      tape.feed(way, position);
      try {
        session.run(event);
      } catch (error) {
        if (tape.pending === undefined) throw new BrokenCode((error as Error).message, { cause: error });
      }
      position = tape.position;
      if (tape.pending !== undefined) {
        if (position !== way.length) throw new Error('The code is not determined by what it was answered.');
        return { access: tape.pending, standing: undefined, effects: tape.effects };
      }
    }
    const { effects } = tape;
    tape.probe();
    return { access: undefined, standing: session.standing(), effects };
  }

  #add(parent: Node | undefined, input: number, access: Access | undefined, standing: Standing | undefined): Node {
    const node: Node = { id: this.nodes.length, parent, input, access, standing, edges: new Map() };
    this.nodes.push(node);
    return node;
  }
}

/** Events and answers from birth to a node. */
function wayTo(node: Node): number[] {
  const way: number[] = [];
  for (let at: Node | undefined = node; at?.parent !== undefined; at = at.parent) way.push(at.input);
  return way.reverse();
}
