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
import { measureSource, openSource, readPieces } from './bundle-source.adapter.js';
import type { BundledFile, OpenSource } from './bundle-source.adapter.js';
import type { WriteBundleRequest } from './bundles.js';

/** `bytes` of what comes out of the compressor at once */
const CHUNK = 1024 * 1024;
/**
 * Of the default image (399 MiB): 3 takes 2.4 s for 107 MiB, 9 takes 9 s for 89 MiB. Node's binding breaks with worker
 * threads (it pushes after the end); the zstd program with them is no faster at this level.
 */
const LEVEL = 3;
/** Same bytes for the same image. */
const OWNED = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) };

/** `Bundles.write`, with errors as they come. */
export async function writeBundle(
  request: WriteBundleRequest,
  runner: ProcessRunner,
): Promise<BundleManifest> {
  const opened: OpenSource[] = [];
  try {
    // All at once: an image that is deleted from here on can still be read.
    for (const file of request.files) opened.push(await openSource(file));
    const sources: BundledFile[] = [];
    for (const source of opened) sources.push(await measureSource(source, runner, request.signal));
    const facts = sources.map(({ name, sizeBytes, digest }) => ({ name, sizeBytes, digest }));
    const manifest = formatManifest(bundleManifest(request.image, facts));
    const written = parseManifest(manifest);
    request.check?.(written);
    await writeArchive({ manifest, sources, request });
    return written;
  } finally {
    for (const { handle } of opened) await handle.close();
  }
}

interface ArchiveContent {
  readonly manifest: Buffer;
  readonly sources: readonly BundledFile[];
  readonly request: WriteBundleRequest;
}

async function writeArchive(content: ArchiveContent): Promise<void> {
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
    async function* (pieces: AsyncIterable<Buffer>) {
      const frame = new ZstdFrame();
      for await (const piece of pieces) yield piece.subarray(0, frame.take(piece));
      invariant(frame.isWhole, 'what zstd has written has no end');
    },
    content.request.target,
    { signal: content.request.signal },
  );
  // both have come to rest before the files that they work on are closed; that of the target is the first cause
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

function describeEntry({ name, sizeBytes, stretches }: BundledFile): {
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
