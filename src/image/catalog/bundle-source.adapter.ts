import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProcessRunner } from '../../core/process/index.js';
import { dataExtents, SPARSE_BLOCK, SparseHash } from '../../host/index.js';
import type { SparseStretch } from '../archive/sparse-map.js';
import { nonZeroStretches, StretchList } from '../archive/stretches.js';
import { DocumentProblem } from './json-checks.js';

/** read at once; whole blocks of the digest */
const CHUNK = 16 * SPARSE_BLOCK;
/** More than any disk of use has; a reader refuses more. */
export const MAX_STRETCHES = 65_536;

/** A file that goes into a bundle, held open so that it stays the one that was measured. */
export interface OpenSource {
  readonly name: string;
  readonly handle: FileHandle;
}

export interface BundledFile extends OpenSource {
  readonly sizeBytes: number;
  /** as `sparseDigest` */
  readonly digest: string;
  /** where it is not zero; follows from its content alone, not from how it lies on the disk */
  readonly stretches: readonly SparseStretch[];
  /** @throws DocumentProblem when it has been written to since it was measured */
  checkUnchanged(): Promise<void>;
}

/** The caller closes its handle. */
export async function openSource({
  name,
  path,
}: {
  readonly name: string;
  readonly path: string;
}): Promise<OpenSource> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  return { name, handle };
}

/** Reads the file once, for what must be known before its first byte is written. */
export async function measureSource(
  { name, handle }: OpenSource,
  runner: ProcessRunner,
  signal: AbortSignal,
): Promise<BundledFile> {
  const before = await handle.stat({ bigint: true });
  if (!before.isFile()) throw new DocumentProblem(`${name} is not a plain file`);
  const sizeBytes = Number(before.size);
  const hash = new SparseHash();
  const stretches = new StretchList(MAX_STRETCHES);
  let done = 0;
  // that very file, whatever has its path by now
  for (const { from, to } of await dataExtents(`/proc/${process.pid}/fd/${handle.fd}`, runner)) {
    const begin = Math.max(done, from - (from % SPARSE_BLOCK));
    done = Math.max(done, Math.ceil(to / SPARSE_BLOCK) * SPARSE_BLOCK);
    for await (const { offset, piece } of readPieces(handle, begin, done)) {
      signal.throwIfAborted();
      for (let at = 0; at < piece.length; at += SPARSE_BLOCK)
        hash.add((offset + at) / SPARSE_BLOCK, piece.subarray(at, at + SPARSE_BLOCK));
      for (const stretch of nonZeroStretches(piece))
        stretches.add({ offset: offset + stretch.offset, length: stretch.length });
      await turn();
    }
  }
  const checkUnchanged = async (): Promise<void> => {
    // not the time of its last change: that is another whenever a name comes or goes
    const { size, mtimeNs } = await handle.stat({ bigint: true });
    if (size !== before.size || mtimeNs !== before.mtimeNs)
      throw new DocumentProblem(`${name} was written to meanwhile`, 'export it again');
  };
  return { name, handle, sizeBytes, digest: hash.digest(), stretches: stretches.list(), checkUnchanged };
}

/** What a file has from one offset to another, or to its end; each piece is a buffer of its own. */
export async function* readPieces(
  handle: FileHandle,
  from: number,
  to: number,
): AsyncGenerator<{ readonly offset: number; readonly piece: Buffer }> {
  for (let offset = from; offset < to;) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, to - offset));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return;
    yield { offset, piece: buffer.subarray(0, bytesRead) };
    offset += bytesRead;
  }
}
