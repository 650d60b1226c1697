/** The clients of the mixed load, for the scenarios that have them and for the ideal they are set beside. */
export const MIXED = {
  clients: 64,
  thinkMs: [0, 40],
  heavyShare: 0.01,
  heavyMs: 50,
  /** What a light request takes on an idle machine, by measurement. */
  lightMs: 0.2,
} as const;
