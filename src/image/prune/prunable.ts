import type { PrunableThing } from '../../contract/index.js';

/** Something of which nothing depends. */
export interface Prunable extends PrunableThing {
  readonly name: string;
  readonly reason: string;
  /** of its files; a file may have other names, which keep it */
  readonly paths: readonly string[];
  /** of what goes with it and is not among its files, `bytes` */
  readonly moreBytes?: number;
}

/** One kind of such things, and who may say whether they are needed. */
export abstract class PrunableThings {
  /** @param all those too that are only not used now */
  abstract list(all: boolean): Promise<Prunable[]>;
  /** False when somebody needs it by now. Gone already is success. */
  abstract remove(thing: Prunable): Promise<boolean>;
  /** Whether it is (still) there. */
  abstract exists(ref: PrunableThing): Promise<boolean>;
  abstract readonly kinds: readonly PrunableThing['kind'][];
}
