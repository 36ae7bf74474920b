import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageFileFacts } from '../metadata/image-digest.js';
import { imageDigest } from '../metadata/image-digest.js';
import { parseSparseMap } from '../archive/sparse-map.js';
import type { SparseStretch } from '../archive/sparse-map.js';
import { SparseFileWriter } from '../archive/sparse-file-writer.adapter.js';
import { digestFacts, MANIFEST_NAME, MAX_MANIFEST_BYTES, parseManifest } from './bundle-manifest.js';
import type { BundleManifest } from './bundle-manifest.js';
import { MAX_STRETCHES } from './bundle-source.adapter.js';
import { BUNDLE_LIMITS } from './bundles.js';
import type { BundleLimits, BundleSource, OpenBundleOptions, UnpackRequest } from './bundles.js';
import type { ByteReader } from './byte-reader.js';
import { DocumentProblem } from './json-checks.js';
import { withBundle } from './open-bundle.adapter.js';
import { nextEntry, readEnd, skipPadding, TAR_BLOCK } from './tar-headers.js';
import type { TarEntry } from './tar-headers.js';

/** `bytes`: one number is 17, and of each stretch there are two */
const MAX_MAP_BYTES = (2 * MAX_STRETCHES + 3) * 17;

/** `Bundles.open`, with errors as they come. */
export async function openBundle<T>(
  source: BundleSource,
  options: OpenBundleOptions,
  use: (manifest: BundleManifest, reader: ByteReader) => Promise<T>,
): Promise<T> {
  const stream = typeof source === 'string' ? source : source.stream;
  return withBundle(stream, options, async (reader) => use(await readManifest(reader), reader));
}

/** `OpenBundle.unpack`, with errors as they come. */
export async function unpackBundle(
  reader: ByteReader,
  manifest: BundleManifest,
  { into, digest, limits = BUNDLE_LIMITS }: UnpackRequest,
): Promise<void> {
  const made: string[] = [];
  try {
    if (digest !== undefined && imageDigest(digestFacts(manifest)) !== digest)
      throw new DocumentProblem('it holds another image than the one that was asked for');
    await new BundleUnpacking(into, limits, made).run(reader, manifest);
  } catch (error) {
    for (const path of made) await rm(path, { force: true });
    throw error;
  }
}

async function readManifest(reader: ByteReader): Promise<BundleManifest> {
  const entry = await nextEntry(reader);
  if (entry?.name !== MANIFEST_NAME || entry.sparseBytes !== undefined)
    throw new DocumentProblem(
      'it does not begin with a manifest',
      'name a file that banger image export has written',
    );
  if (entry.storedBytes > MAX_MANIFEST_BYTES) throw new DocumentProblem('its manifest is too long');
  const manifest = parseManifest(await reader.exactly(entry.storedBytes));
  await skipPadding(reader, entry.storedBytes);
  return manifest;
}

class BundleUnpacking {
  #dataBytes = 0;

  constructor(
    private readonly into: string,
    private readonly limits: BundleLimits,
    /** gets each file's path before it is there */
    private readonly made: string[],
  ) {}

  async run(reader: ByteReader, manifest: BundleManifest): Promise<void> {
    const missing = new Map(manifest.files.map((file) => [file.name, file]));
    for (const { name, sizeBytes } of manifest.files)
      if (sizeBytes > this.limits.fileBytes)
        throw new DocumentProblem(
          `its ${name} is of ${sizeBytes} bytes, and no more than ${this.limits.fileBytes} are taken`,
        );
    for (;;) {
      const entry = await nextEntry(reader);
      if (entry === undefined) break;
      const file = missing.get(entry.name);
      if (file === undefined)
        throw new DocumentProblem(`it has the file ${JSON.stringify(entry.name.slice(0, 100))} too many`);
      missing.delete(entry.name);
      await this.#unpack(reader, entry, file);
    }
    const [lacking] = missing.keys();
    if (lacking !== undefined) throw new DocumentProblem(`it lacks ${lacking}, which its manifest names`);
    await readEnd(reader);
  }

  async #unpack(reader: ByteReader, entry: TarEntry, file: ImageFileFacts): Promise<void> {
    const { name, sizeBytes } = file;
    if ((entry.sparseBytes ?? entry.storedBytes) !== sizeBytes)
      throw new DocumentProblem(`its ${name} is not of the size that its manifest says`);
    const stretches =
      entry.sparseBytes === undefined
        ? [{ offset: 0, length: sizeBytes }]
        : await readMap(reader, entry, file);
    const path = join(this.into, name);
    // what is there already is not ours to remove
    const handle = await open(path, 'wx', 0o600);
    this.made.push(path);
    try {
      const writer = new SparseFileWriter(handle, sizeBytes, (bytes) => {
        this.#count(bytes);
      });
      for (const { offset, length } of stretches) {
        let at = offset;
        for await (const piece of reader.pieces(length)) {
          await writer.write(piece, at);
          at += piece.length;
        }
      }
      if ((await writer.end()) !== file.digest)
        throw new DocumentProblem(`its ${name} is not what its manifest says: the digests differ`);
    } finally {
      await handle.close();
    }
    await skipPadding(reader, entry.storedBytes);
  }

  #count(bytes: number): void {
    this.#dataBytes += bytes;
    if (this.#dataBytes > this.limits.dataBytes)
      throw new DocumentProblem(`its files take more than ${this.limits.dataBytes} bytes`);
  }
}

/** Reads twice as much until the map is whole: its length follows from itself alone. */
async function readMap(
  reader: ByteReader,
  { storedBytes }: TarEntry,
  { name, sizeBytes }: ImageFileFacts,
): Promise<readonly SparseStretch[]> {
  const bounds = { realBytes: sizeBytes, maxStretches: MAX_STRETCHES + 1 };
  const most = Math.min(storedBytes, Math.ceil(MAX_MAP_BYTES / TAR_BLOCK) * TAR_BLOCK);
  let data: Buffer = Buffer.alloc(0);
  for (let wanted = TAR_BLOCK; data.length < most; wanted *= 2) {
    const more = await reader.exactly(Math.min(wanted, most) - data.length);
    data = Buffer.concat([data, more]);
    const map = parseSparseMap(data, bounds);
    if (map === undefined) continue;
    const { stretches, mapBytes } = map;
    if (stretches.reduce((sum, { length }) => sum + length, mapBytes) !== storedBytes)
      throw new DocumentProblem(`its ${name} has more or fewer data than its map says`);
    reader.unread(data.subarray(mapBytes));
    return stretches;
  }
  throw new DocumentProblem(`its ${name} has a map without an end`);
}
