import { BangerError, cancellation } from '../../core/errors/index.js';
import { ArchiveFault } from './archive-fault.js';
import type { ArchiveLimits } from './archive-limits.js';
import { archiveOf } from './archive-stream.js';
import { LayerRefusedError } from './archive.errors.js';
import { LayerFiles } from './layer-files.adapter.js';
import type { LayerFile } from './layer-files.adapter.js';
import { LayerMerger } from './layer-merger.js';
import type { DevicePolicy, MergeRules } from './layer-merger.js';
import { TarReader } from './tar-reader.js';
import { Kind } from './tar-entry.js';
import { listTree } from './tree-listing.js';

export interface FlattenFacts {
  /** for messages */
  readonly image: string;
  /** a directory that is there, for up to the uncompressed size of the image; left empty */
  readonly scratch: string;
  readonly limits: ArchiveLimits;
  readonly devices: DevicePolicy;
  /** the highest uid and gid that may occur; every one that Linux has when left out */
  readonly maxId?: number;
  readonly signal: AbortSignal;
  /** now and then while the layers are read; `bytes` of all layers so far, uncompressed */
  readonly onProgress?: (progress: { layer: number; layers: number; bytes: number }) => void;
}

/** A layer's files cannot be more than a 16-bit number counts. OCI images have at most 127 layers. */
const MAX_LAYERS = 1000;

/**
 * An image's layers as one root file system. To be disposed of: until then it holds scratch files.
 */
export class FlattenedLayers implements AsyncDisposable {
  /** of the archive */
  readonly entries: number;
  /** of all files with their holes, each inode once; `bytes` */
  readonly bytes: number;

  constructor(
    readonly facts: FlattenFacts,
    readonly merger: LayerMerger,
    readonly files: LayerFiles,
  ) {
    let entries = 0;
    let bytes = 0;
    for (const { inode, firstPath } of listTree(merger.tree, facts.devices)) {
      entries += 1;
      if (firstPath === undefined && merger.tree.inodes.kind(inode) === Kind.file)
        bytes += merger.tree.inodes.get(inode).bytes;
    }
    this.entries = entries;
    this.bytes = bytes;
  }

  /** The archive, as often as it is asked for. */
  async *archive(): AsyncGenerator<Buffer, void> {
    const { devices, signal } = this.facts;
    try {
      yield* archiveOf(this.merger.tree, this.files, { devices, signal });
    } catch (error) {
      throw explain(error, this.facts);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.files[Symbol.asyncDispose]();
  }
}

/**
 * Verifies the layers, from the bottom to the top, and merges them. Nothing of them is unpacked.
 * @throws LayerRefusedError when a layer is not what its diffId says, or holds what is not taken
 */
export async function flattenLayers(
  layers: readonly LayerFile[],
  facts: FlattenFacts,
): Promise<FlattenedLayers> {
  const rules: MergeRules = { limits: facts.limits, devices: facts.devices, maxId: facts.maxId };
  const work = { merger: new LayerMerger(rules), files: new LayerFiles(facts.scratch), bytes: 0 };
  try {
    if (layers.length > MAX_LAYERS) throw new ArchiveFault(`has ${layers.length} layers`);
    for (const [index, layer] of layers.entries())
      await addLayer(layer, index, { facts, layers: layers.length, work });
    return new FlattenedLayers(facts, work.merger, work.files);
  } catch (error) {
    await work.files[Symbol.asyncDispose]();
    throw explain(error, facts);
  }
}

async function addLayer(
  layer: LayerFile,
  index: number,
  context: {
    facts: FlattenFacts;
    layers: number;
    work: { merger: LayerMerger; files: LayerFiles; bytes: number };
  },
): Promise<void> {
  const { facts, layers, work } = context;
  const { maxBytes } = facts.limits;
  work.merger.beginLayer(index);
  try {
    const reader = new TarReader((entry) => work.merger.add(entry));
    const onPiece = (piece: Buffer): void => {
      work.bytes += piece.length;
      if (work.bytes > maxBytes) throw new ArchiveFault(`brings the image to more than ${maxBytes} bytes`);
      reader.push(piece);
      facts.onProgress?.({ layer: index, layers, bytes: work.bytes });
    };
    const digest = await work.files.add(layer, onPiece, facts.signal);
    if (`sha256:${digest}` !== layer.diffId)
      throw new ArchiveFault(`has the digest sha256:${digest} when uncompressed`);
    reader.end();
  } catch (error) {
    if (error instanceof ArchiveFault)
      throw new LayerRefusedError(facts.image, {
        part: error.part ?? `layer ${index + 1} (${layer.diffId})`,
        reason: error.reason,
        cause: error,
      });
    throw error;
  }
}

function explain(error: unknown, facts: FlattenFacts): unknown {
  if (error instanceof BangerError) return error;
  if (facts.signal.aborted) return cancellation(facts.signal, `the unpacking of the image "${facts.image}"`);
  if (error instanceof ArchiveFault)
    return new LayerRefusedError(facts.image, { part: 'the image', reason: error.reason, cause: error });
  return error;
}
