/** A `Memory` that passes everything on: what a mistake alters it overrides. */
import type { Memory } from '../../../src/shared/memory/cells.ts';
import type { Layout } from '../../../src/shared/memory/layout.ts';
import type { Place, PlaceKind, Places } from './places.ts';

/** The event that an actor's code runs for, and the how manieth of its life that is. */
export interface Happening {
  readonly kind: number;
  readonly nth: number;
}

export interface Surroundings {
  readonly places: Places;
  readonly layout: Layout;
  /** Of a thread; 0 for the acceptor. */
  readonly line: number;
  readonly happening: () => Happening;
}

export class AlteredMemory implements Memory {
  protected readonly real: Memory;
  protected readonly around: Surroundings;

  constructor(real: Memory, around: Surroundings) {
    this.real = real;
    this.around = around;
  }

  protected placeOf(cell: number): Place {
    return this.around.places.all[this.around.places.of(cell)] as Place;
  }

  protected isA(cell: number, kind: PlaceKind): boolean {
    return this.placeOf(cell).kind === kind;
  }

  load(cell: number): number {
    return this.real.load(cell);
  }

  store(cell: number, value: number): void {
    this.real.store(cell, value);
  }

  compareExchange(cell: number, expected: number, value: number): number {
    return this.real.compareExchange(cell, expected, value);
  }

  exchange(cell: number, value: number): number {
    return this.real.exchange(cell, value);
  }

  add(cell: number, value: number): number {
    return this.real.add(cell, value);
  }

  or(cell: number, bits: number): number {
    return this.real.or(cell, bits);
  }
}
