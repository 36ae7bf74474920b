import { constants } from 'node:fs';
import { link, lstat, open, realpath, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants as zlib, createZstdCompress } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Header, Pack } from 'tar-stream';
import { invariant } from '../../core/errors/index.js';
import type { ProcessRunner } from '../../core/process/index.js';
import { formatSparseMap } from '../archive/sparse-map.js';
import { ZstdFrame } from '../archive/zstd-frame.js';
import { bundleManifest, formatManifest, MANIFEST_NAME, parseManifest } from './bundle-manifest.js';
import type { BundleManifest } from './bundle-manifest.js';
import { measureSource, readPieces } from './bundle-source.adapter.js';
import type { BundleSource } from './bundle-source.adapter.js';
import type { WriteBundleRequest } from './bundles.js';
import { BundleTargetTakenError } from './catalog.errors.js';

/** `bytes` of what comes out of the compressor at once */
const CHUNK = 1024 * 1024;
/**
 * Of the default image (399 MiB): 3 takes 2.4 s for 107 MiB, 9 takes 9 s for 89 MiB. Node's binding breaks with worker
 * threads (it pushes after the end); the zstd program with them is no faster at this level.
 */
const LEVEL = 3;
/** Same bytes for the same image. */
const OWNED = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) };

/** Targets that this process writes. */
const writing = new Set<string>();

/** `Bundles.write`, with errors as they come. */
export async function writeBundle(
  request: WriteBundleRequest,
  runner: ProcessRunner,
): Promise<BundleManifest> {
  const directory = await realpath(dirname(request.target));
  const target = join(directory, basename(request.target));
  if (writing.has(target)) throw new BundleTargetTakenError(request.target, 'export');
  writing.add(target);
  const sources: BundleSource[] = [];
  try {
    if (request.force !== true) await checkFree(target, request.target);
    for (const file of request.files) sources.push(await measureSource(file, runner, request.signal));
    const facts = sources.map(({ name, sizeBytes, digest }) => ({ name, sizeBytes, digest }));
    const manifest = formatManifest(bundleManifest(request.image, facts));
    await writeWhole(target, request, (part) => writeArchive(part, { manifest, sources, request }));
    return parseManifest(manifest);
  } finally {
    writing.delete(target);
    for (const { handle } of sources) await handle.close();
  }
}

async function checkFree(target: string, shown: string): Promise<void> {
  const there = await lstat(target).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  if (there !== undefined) throw new BundleTargetTakenError(shown, 'file');
}

/** The part is gone afterwards, and the target is there as a whole or as it was. */
async function writeWhole(
  target: string,
  { target: shown, force, signal }: WriteBundleRequest,
  write: (part: FileHandle) => Promise<void>,
): Promise<void> {
  const part = `${target}.part`;
  // what an export has left that was ended in the middle; another process that writes it finds out at its end
  await rm(part, { force: true });
  const handle = await open(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  const isOurs = async (): Promise<boolean> => {
    const { ino, dev } = await handle.stat();
    const there = await lstat(part).catch(() => undefined);
    return there?.ino === ino && there.dev === dev;
  };
  try {
    await write(handle);
    await handle.sync();
    signal.throwIfAborted();
    if (!(await isOurs())) throw new BundleTargetTakenError(shown, 'export');
    if (force === true) await rename(part, target);
    else await linkOnce(part, target, shown);
    await syncDirectory(dirname(target));
  } finally {
    if (await isOurs()) await rm(part, { force: true });
    await handle.close();
  }
}

/** Unlike a rename this never takes the place of a file that has come meanwhile. */
async function linkOnce(part: string, target: string, shown: string): Promise<void> {
  try {
    await link(part, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new BundleTargetTakenError(shown, 'file');
    // FAT and the like have no links
    if (code !== 'EPERM' && code !== 'EOPNOTSUPP') throw error;
    await checkFree(target, shown);
    await rename(part, target);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface ArchiveContent {
  readonly manifest: Buffer;
  readonly sources: readonly BundleSource[];
  readonly request: WriteBundleRequest;
}

async function writeArchive(part: FileHandle, content: ArchiveContent): Promise<void> {
  const archive = pack();
  const output = Readable.from(archive, { objectMode: false, highWaterMark: CHUNK });
  output.once('close', () => archive.destroy());
  const filled = fill(archive, content).catch((error: unknown) => {
    output.destroy(error as Error);
    throw error;
  });
  const params = { [zlib.ZSTD_c_compressionLevel]: LEVEL, [zlib.ZSTD_c_checksumFlag]: 1 };
  const written = pipeline(
    output,
    createZstdCompress({ chunkSize: CHUNK, params }),
    async (pieces: AsyncIterable<Buffer>) => {
      const frame = new ZstdFrame();
      for await (const piece of pieces) await writeAll(part, piece.subarray(0, frame.take(piece)));
      invariant(frame.isWhole, 'what zstd has written has no end');
    },
    { signal: content.request.signal },
  );
  // both have come to rest before the files that they work on are closed; that of the disk is the first cause
  const [fate, filling] = await Promise.allSettled([written, filled]);
  if (fate.status === 'rejected') throw fate.reason;
  if (filling.status === 'rejected') throw filling.reason;
}

async function fill(archive: Pack, { manifest, sources, request }: ArchiveContent): Promise<void> {
  const total = sources.flatMap(({ stretches }) => stretches).reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  await pipeline([manifest], archive.entry({ ...OWNED, name: MANIFEST_NAME, size: manifest.length }));
  for (const source of sources) {
    const { headers, map } = describeEntry(source);
    const data = async function* (): AsyncGenerator<Buffer> {
      yield* map;
      for (const { offset, length } of source.stretches)
        for await (const { piece } of readPieces(source.handle, offset, offset + length)) {
          yield piece;
          done += piece.length;
          request.onProgress?.(done, total);
        }
    };
    await pipeline(data, archive.entry(headers));
    await source.checkUnchanged();
  }
  archive.finalize();
}

function describeEntry({ name, sizeBytes, stretches }: BundleSource): {
  headers: Partial<Header> & { name: string };
  map: Buffer[];
} {
  const dataBytes = stretches.reduce((sum, { length }) => sum + length, 0);
  if (dataBytes === sizeBytes) return { headers: { ...OWNED, name, size: sizeBytes }, map: [] };
  const last = stretches.at(-1);
  // GNU tar gives a file that ends in a hole its size by an empty stretch at its end
  const end =
    last === undefined || last.offset + last.length < sizeBytes ? [{ offset: sizeBytes, length: 0 }] : [];
  const map = formatSparseMap([...stretches, ...end]);
  const pax = {
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.name': name,
    'GNU.sparse.realsize': String(sizeBytes),
  };
  return {
    headers: { ...OWNED, name: `GNUSparseFile.0/${name}`, size: map.length + dataBytes, pax },
    map: [map],
  };
}

async function writeAll(handle: FileHandle, piece: Buffer): Promise<void> {
  for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
}
