import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ImageFiles } from '../store/image-files.js';
import { Trees } from '../tree/trees.js';
import type { Tree } from '../tree/trees.js';
import { APPLY_INCREMENT, BEGIN_INCREMENTS, MAKE_INCREMENT } from './increment-scripts.js';
import { StepFiles } from './step-files.js';

const INCREMENT = 'increment';
/** In root mode whoever unpacks it is root of the tree's namespace, and nobody to the host. */
const KEPT_MODE = 0o644;
/** `bytes`; the ready recipes together take a quarter of it */
export const MAX_CACHE_BYTES = 8 * 1024 ** 3;

/**
 * What the steps of recipes changed: `cache/steps/STEP-CONTENT`, by the digest of the step and that of the file itself,
 * by which a damaged one is known. When it becomes too much, those go that have been of no use for longest.
 */
@Injectable()
export class StepCache {
  constructor(
    private readonly config: Config,
    private readonly images: ImageFiles,
    private readonly files: StepFiles,
    private readonly trees: Trees,
  ) {}

  /** Path of what the step of that digest changed; undefined when it is not kept. */
  async find(step: string, signal: AbortSignal): Promise<string | undefined> {
    for (const { name } of await this.files.list(this.directory)) {
      if (!name.startsWith(`${step}-`)) continue;
      const path = `${this.directory}/${name}`;
      if (`${step}-${await this.files.digest(path, signal)}` === name) {
        await this.files.touch(path);
        return path;
      }
      await this.images.remove(path);
    }
    return undefined;
  }

  /** Does to the tree what the step did. */
  async apply(tree: Tree, path: string): Promise<void> {
    await this.trees.over(tree, APPLY_INCREMENT, [path]);
  }

  /** To be called before the first step that is to be kept. */
  async begin(tree: Tree): Promise<void> {
    await this.trees.over(tree, BEGIN_INCREMENTS);
  }

  /** Keeps what was changed since {@link begin}, or since the last step that was kept. Whole, or not at all. */
  async keep(tree: Tree, step: string, maxBytes = MAX_CACHE_BYTES): Promise<void> {
    await this.trees.over(tree, MAKE_INCREMENT);
    await this.trees.take(tree, INCREMENT, INCREMENT);
    const { directory, signal } = tree.site;
    const made = `${directory}/${INCREMENT}`;
    const name = `${step}-${await this.files.digest(made, signal)}`;
    await this.images.makeDirectory(this.directory);
    await this.images.seal(directory, [INCREMENT], KEPT_MODE);
    await this.images.replace(made, `${this.directory}/${name}`);
    await this.#collect(name, maxBytes);
  }

  get directory(): string {
    return `${this.config.values.stateDirectory}/cache/steps`;
  }

  /** Other files of the step that has just been kept go too. */
  async #collect(kept: string, maxBytes: number): Promise<void> {
    const [step = ''] = kept.split('-');
    let left = maxBytes;
    const all = await this.files.list(this.directory);
    for (const { name, sizeBytes } of all.toSorted((one, other) => other.usedAtMs - one.usedAtMs)) {
      left -= sizeBytes;
      const older = name.startsWith(`${step}-`) && name !== kept;
      if (left < 0 || older) await this.images.remove(`${this.directory}/${name}`);
    }
  }
}
