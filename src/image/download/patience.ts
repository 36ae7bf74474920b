/** How long the network is waited for, and how often it is tried. */
export interface Patience {
  /** `ms` until a connection stands */
  readonly connectMs: number;
  /** `ms` in which `minBytesPerStall` have to come; the head of an answer has as long */
  readonly stallMs: number;
  /** `bytes` */
  readonly minBytesPerStall: number;
  /** `ms` that a small document, such as a manifest, may take in all */
  readonly documentMs: number;
  /** attempts that bring nothing, one after the other, until it is given up */
  readonly attempts: number;
  /** `ms` before the second attempt; doubled each time */
  readonly backOffMs: number;
  /** `ms`; who asks for a longer pause is not waited for */
  readonly maxPauseMs: number;
}

/** Token of a `Patience`. */
export const PATIENCE = Symbol('patience of the network');

export const DEFAULT_PATIENCE: Patience = {
  connectMs: 15_000,
  stallMs: 30_000,
  minBytesPerStall: 64 * 1024,
  documentMs: 60_000,
  attempts: 5,
  backOffMs: 500,
  maxPauseMs: 60_000,
};
