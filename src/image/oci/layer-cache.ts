import type { Descriptor } from './manifest.js';

export interface CachedLayer {
  /** `sha256:HEX` */
  readonly digest: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** `ms` since 1970 */
  readonly lastUsedMs: number;
  /** false: a download that was broken off, and is gone on with */
  readonly whole: boolean;
  /** somebody needs it just now */
  readonly held: boolean;
}

export interface LayerHold {
  /** Again is harmless. */
  release(): void;
}

/** Layers as registries hand them out, shared by all images. Everything in it can be had again. */
export abstract class LayerCache {
  /** Keeps layers, there already or not, from being deleted. */
  abstract hold(digests: readonly string[]): LayerHold;

  /**
   * Path of the layer, verified; fetched if it is not there. Two that want the same at once make one fetch, and both
   * hear of its progress. What is done with the path is done under a hold.
   * @param fetch leaves the layer, verified, at the path that it is given
   * @throws what `fetch` throws; DocumentProblem when the layer has another size; CancelledError
   */
  abstract ensure(
    layer: Descriptor,
    fetch: (path: string, onProgress: (doneBytes: number) => void) => Promise<void>,
    facts: { signal: AbortSignal; onProgress: (doneBytes: number) => void },
  ): Promise<string>;

  /** Least recently used first. */
  abstract list(): Promise<CachedLayer[]>;

  /** False when somebody holds it. One that is not there counts as deleted. */
  abstract delete(digest: string): Promise<boolean>;
}
