import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants as zlib, createZstdDecompress } from 'node:zlib';
import { ZstdFrame } from '../archive/zstd-frame.js';
import { ByteReader } from './byte-reader.js';
import { DocumentProblem } from './json-checks.js';

/** `bytes` */
const CHUNK = 1024 * 1024;
/** log2 of the memory that a bundle may make its reader take: 8 MiB, what every decoder of zstd is to have */
const WINDOW_LOG = 23;

export interface OpenOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: ((readBytes: number) => void) | undefined;
}

/** Gives the inside of a bundle to `use`, and has everything closed and at rest before it settles. */
export async function withBundle<T>(
  source: string | Readable,
  options: OpenOptions,
  use: (inside: ByteReader) => Promise<T>,
): Promise<T> {
  const input = typeof source === 'string' ? await openFile(source) : source;
  const over = new AbortController();
  const frame = new ZstdFrame();
  let readBytes = 0;
  const counted = new Transform({
    transform: (piece: Buffer, _, done) => {
      readBytes += piece.length;
      try {
        if (frame.take(piece) < piece.length) throw new DocumentProblem('it goes on after its end');
        options.onProgress?.(readBytes);
        done(null, piece);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  const inside = createZstdDecompress({
    chunkSize: CHUNK,
    params: { [zlib.ZSTD_d_windowLogMax]: WINDOW_LOG },
  });
  const piped = pipeline(input, counted, inside, { signal: AbortSignal.any([options.signal, over.signal]) });
  const used = use(new ByteReader(inside)).finally(() => {
    over.abort();
  });
  // what the user of the bundle says comes first: a stream that it has left fails for that alone
  const [outcome] = await Promise.allSettled([used, piped]);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

async function openFile(path: string): Promise<Readable> {
  // a pipe without a writer would be waited for in vain
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle.createReadStream({ highWaterMark: CHUNK });
  await handle.close();
  throw new DocumentProblem('it is not a plain file', 'name a file that banger image export has written');
}
