import { Inject, Injectable } from '@nestjs/common';
import type { ImagePrunableView, ImagePruneView, PrunableThing } from '../../contract/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Blobs } from '../store/blobs.js';
import { ImageFiles } from '../store/image-files.js';
import type { FileMeasure } from '../store/image-files.js';
import { PrunableThings } from './prunable.js';
import type { Prunable } from './prunable.js';

/** All there are, in the order in which they are shown and go: what has copies elsewhere first. */
export const PRUNABLE_THINGS = Symbol('PRUNABLE_THINGS');

/** Gives back the room of what is kept for later, and of what nobody uses. */
@Injectable()
export class ImagePruner {
  constructor(
    @Inject(PRUNABLE_THINGS) private readonly things: readonly PrunableThings[],
    private readonly files: ImageFiles,
    private readonly blobs: Blobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async list(all: boolean): Promise<ImagePrunableView[]> {
    const names = new NamesLeft(await this.blobs.inodes());
    const views: ImagePrunableView[] = [];
    for (const { thing } of await this.#found(all)) {
      const freesBytes = names.take(await this.#measures(thing)) + (thing.moreBytes ?? 0);
      views.push(viewOf(thing, freesBytes));
    }
    return views;
  }

  /** One after the other; what cannot go does not keep the others. */
  async prune(refs: readonly PrunableThing[]): Promise<ImagePruneView> {
    const pruned: ImagePrunableView[] = [];
    const kept: PrunableThing[] = [];
    for (const ref of refs) {
      const view = await this.#remove(ref);
      if (view !== undefined) pruned.push(view);
      else if (await this.#exists(ref)) kept.push({ kind: ref.kind, id: ref.id });
    }
    const freedBytes = pruned.reduce((sum, { freesBytes }) => sum + freesBytes, 0);
    this.logger.info({ pruned: pruned.length, kept: kept.length, freedBytes }, 'images were pruned');
    return { pruned, freedBytes, kept };
  }

  /** undefined when it stays, or was gone already */
  async #remove(ref: PrunableThing): Promise<ImagePrunableView | undefined> {
    // asked anew each time: with an image that has gone its kernel may be one that no image has
    const found = (await this.#found(true)).find(
      ({ thing }) => thing.kind === ref.kind && thing.id === ref.id,
    );
    if (found === undefined) return undefined;
    const { owner, thing } = found;
    const names = new NamesLeft(await this.blobs.inodes());
    const freesBytes = names.take(await this.#measures(thing)) + (thing.moreBytes ?? 0);
    return (await owner.remove(thing)) ? viewOf(thing, freesBytes) : undefined;
  }

  async #found(all: boolean): Promise<{ owner: PrunableThings; thing: Prunable }[]> {
    const lists = await Promise.all(
      this.things.map(async (owner) => (await owner.list(all)).map((thing) => ({ owner, thing }))),
    );
    return lists.flat();
  }

  async #exists(ref: PrunableThing): Promise<boolean> {
    const owner = this.things.find(({ kinds }) => kinds.includes(ref.kind));
    return owner !== undefined && (await owner.exists(ref));
  }

  async #measures({ paths }: Prunable): Promise<FileMeasure[]> {
    const found = await Promise.all(paths.map((path) => this.files.measure(path)));
    return found.filter((measure) => measure !== undefined);
  }
}

function viewOf({ kind, id, name, reason }: Prunable, freesBytes: number): ImagePrunableView {
  return { kind, id, name, freesBytes, reason };
}

/** A file gives its room back with the last of its names; that among the blobs goes by itself then. */
class NamesLeft {
  readonly #left = new Map<number, number>();

  constructor(private readonly blobs: ReadonlySet<number>) {}

  /** `bytes` that are given back when these files go */
  take(measures: readonly FileMeasure[]): number {
    let bytes = 0;
    for (const { inode, names, allocatedBytes } of measures) {
      const left = (this.#left.get(inode) ?? names - Number(this.blobs.has(inode))) - 1;
      this.#left.set(inode, left);
      if (left === 0) bytes += allocatedBytes;
    }
    return bytes;
  }
}
