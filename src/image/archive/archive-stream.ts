import type { Inode } from './inode-table.js';
import type { DevicePolicy } from './layer-merger.js';
import type { RootTree } from './root-tree.js';
import { Kind } from './tar-entry.js';
import { END_OF_ARCHIVE, entryHead, padding } from './tar-writer.js';
import { listTree } from './tree-listing.js';

/** The data of uncompressed layers. */
export interface LayerData {
  /** Fills the buffer from the layer, from `offset` on; `bytes` */
  read(layer: number, offset: number, into: Buffer): Promise<void>;
}

/** `bytes` */
const PIECE = 512 * 1024;

/**
 * The merged image as one tar archive, in pieces of about half a MiB. What GNU tar restores of it (`--numeric-owner -p
 * --xattrs --xattrs-include='*'`, in a UTF-8 or the C locale) is the image.
 */
export async function* archiveOf(
  tree: RootTree,
  data: LayerData,
  options: { devices: DevicePolicy; signal: AbortSignal },
): AsyncGenerator<Buffer, void> {
  const pieces = new Pieces();
  for (const { path, inode: row, firstPath } of listTree(tree, options.devices)) {
    const inode = tree.inodes.get(row);
    yield* pieces.append(entryHead({ path, inode, linkTo: firstPath }));
    if (inode.kind !== Kind.file || firstPath !== undefined) continue;
    yield* dataOf(inode, data, { pieces, signal: options.signal });
    yield* pieces.append(END_OF_ARCHIVE.subarray(0, padding(inode.storedBytes)));
  }
  yield* pieces.append(END_OF_ARCHIVE);
  const rest = pieces.rest();
  if (rest.length > 0) yield rest;
}

async function* dataOf(
  inode: Inode,
  data: LayerData,
  { pieces, signal }: { pieces: Pieces; signal: AbortSignal },
): AsyncGenerator<Buffer, void> {
  for (let done = 0; done < inode.storedBytes;) {
    signal.throwIfAborted();
    const target = pieces.room(inode.storedBytes - done);
    await data.read(inode.layer, inode.dataOffset + done, target);
    done += target.length;
    yield* pieces.full();
  }
}

/** Gathers bytes into pieces worth handing on; one that was handed on is never written to again. */
class Pieces {
  #piece = Buffer.allocUnsafeSlow(PIECE);
  #used = 0;

  *append(bytes: Buffer): Generator<Buffer, void> {
    for (let at = 0; at < bytes.length;) {
      const target = this.room(bytes.length - at);
      bytes.copy(target, 0, at, at + target.length);
      at += target.length;
      yield* this.full();
    }
  }

  /** At least one byte, at most as many as wanted; taken for written. */
  room(wanted: number): Buffer {
    const start = this.#used;
    this.#used = Math.min(start + wanted, PIECE);
    return this.#piece.subarray(start, this.#used);
  }

  *full(): Generator<Buffer, void> {
    if (this.#used < PIECE) return;
    const piece = this.#piece;
    this.#piece = Buffer.allocUnsafeSlow(PIECE);
    this.#used = 0;
    yield piece;
  }

  rest(): Buffer {
    return this.#piece.subarray(0, this.#used);
  }
}
