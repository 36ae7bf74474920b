import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { ArchiveFault } from './archive-fault.js';
import type { LayerData } from './archive-stream.js';
import { ZstdFrameCutter } from './zstd-frames.js';

export type LayerCompression = 'none' | 'gzip' | 'zstd';

/** A layer's blob on disk, which nobody changes as long as it is used. */
export interface LayerFile {
  readonly path: string;
  readonly compression: LayerCompression;
  /** `sha256:…` of the uncompressed layer */
  readonly diffId: string;
}

/** `bytes` */
const PIECE = 256 * 1024;
const WINDOW = 256 * 1024;
/** `ZSTD_d_windowLogMax`: 128 MiB, what the zstd program takes as well */
const MAX_WINDOW_LOG = 27;

/** The uncompressed layers of an image, for as long as it is worked on: scratch files, and blobs that need none. */
export class LayerFiles implements LayerData, AsyncDisposable {
  readonly #scratch: string;
  readonly #layers: OpenLayer[] = [];

  /** @param scratch a directory that is there, for up to the uncompressed size of the image */
  constructor(scratch: string) {
    this.#scratch = scratch;
  }

  /**
   * Uncompresses the next layer into a scratch file, and hands out its bytes on the way. Resolves to their SHA-256 in
   * hexadecimal. @throws ArchiveFault when the compression is damaged, and what `onPiece` throws
   */
  async add(layer: LayerFile, onPiece: (piece: Buffer) => void, signal: AbortSignal): Promise<string> {
    const isPlain = layer.compression === 'none';
    const path = isPlain ? layer.path : join(this.#scratch, `layer-${this.#layers.length}.tar`);
    const file = await open(path, isPlain ? 'r' : 'wx+', 0o600);
    this.#layers.push(new OpenLayer(file, isPlain ? undefined : path));
    const hash = createHash('sha256');
    const write = async (source: AsyncIterable<Buffer>): Promise<void> => {
      let offset = 0;
      for await (const piece of source) {
        onPiece(piece);
        const written = isPlain ? undefined : writeAll(file, piece, offset);
        // hashed while the disk is written to
        hash.update(piece);
        await written;
        offset += piece.length;
      }
    };
    try {
      await uncompress(layer, write, signal);
    } catch (error) {
      throw asFault(error);
    }
    return hash.digest('hex');
  }

  async read(layer: number, offset: number, into: Buffer): Promise<void> {
    await this.#layers[layer]?.read(offset, into);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const layer of this.#layers.splice(0)) await layer.close();
  }
}

async function uncompress(
  { path, compression }: LayerFile,
  write: (source: AsyncIterable<Buffer>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const blob = createReadStream(path, { highWaterMark: PIECE });
  const options = { chunkSize: PIECE, highWaterMark: PIECE };
  if (compression === 'none') await pipeline(blob, write, { signal });
  else if (compression === 'gzip') await pipeline(blob, createGunzip(options), write, { signal });
  else
    await pipeline(
      Readable.from(cutAtFrames(blob)),
      createZstdDecompress({ ...options, params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG } }),
      write,
      { signal },
    );
}

async function* cutAtFrames(blob: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const cutter = new ZstdFrameCutter();
  for await (const piece of blob) yield* cutter.cut(piece);
}

async function writeAll(file: FileHandle, piece: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < piece.length;) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done, offset + done);
    done += bytesWritten;
  }
}

/** zlib's codes begin with `Z_`, zstd's with `ZSTD_`. */
function asFault(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !/^(?:Z_|ZSTD_)/.test(code)) return error;
  return new ArchiveFault(
    code === 'Z_BUF_ERROR' ? 'is cut off' : `is not well compressed (${(error as Error).message})`,
  );
}

class OpenLayer {
  readonly #file: FileHandle;
  readonly #scratchPath: string | undefined;
  /** read ahead: most files are small, and come one after the other */
  #window = Buffer.alloc(0);
  #windowOffset = 0;

  constructor(file: FileHandle, scratchPath: string | undefined) {
    this.#file = file;
    this.#scratchPath = scratchPath;
  }

  async read(offset: number, into: Buffer): Promise<void> {
    if (into.length >= WINDOW) {
      await this.#fill(offset, into);
      return;
    }
    const isWithin =
      offset >= this.#windowOffset && offset + into.length <= this.#windowOffset + this.#window.length;
    if (!isWithin) await this.#move(offset, into.length);
    const at = offset - this.#windowOffset;
    this.#window.copy(into, 0, at, at + into.length);
  }

  async #move(offset: number, wanted: number): Promise<void> {
    const window =
      this.#window.buffer.byteLength >= WINDOW ? Buffer.from(this.#window.buffer) : Buffer.alloc(WINDOW);
    const { bytesRead } = await this.#file.read(window, 0, WINDOW, offset);
    this.#window = window.subarray(0, bytesRead);
    this.#windowOffset = offset;
    if (bytesRead < wanted) await this.#fill(offset, window.subarray(0, wanted));
  }

  async #fill(offset: number, into: Buffer): Promise<void> {
    for (let done = 0; done < into.length;) {
      const { bytesRead } = await this.#file.read(into, done, into.length - done, offset + done);
      if (bytesRead === 0) throw new ArchiveFault('is shorter than it was');
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
    if (this.#scratchPath !== undefined) await rm(this.#scratchPath, { force: true });
  }
}
