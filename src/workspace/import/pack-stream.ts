import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';

/** A file that travels. */
export interface PackFile {
  readonly name: string;
  /** destroyed with the whole */
  readonly stream: Readable;
  readonly bytes: number;
}

/** Of what is read ahead, in `bytes`. */
const CHUNK_BYTES = 262_144;
/** Files in .git/objects are not to be written. */
const MODE = 0o444;

/**
 * One tar archive of the files, in their order. The index of a pack travels with it, since the host has made it: a
 * guest would take several times as long as for the rest of an import. tar-stream writes it.
 */
export function packStream(files: readonly PackFile[]): Readable {
  const archive = pack();
  const mtime = new Date();
  const fill = async (): Promise<void> => {
    for (const { name, stream, bytes } of files)
      await pipeline(stream, archive.entry({ name, size: bytes, mode: MODE, mtime, uid: 0, gid: 0 }));
    archive.finalize();
  };
  const output = Readable.from(archive, { objectMode: false, highWaterMark: CHUNK_BYTES });
  fill().catch((error: unknown) => output.destroy(error as Error));
  output.once('close', () => {
    for (const { stream } of files) stream.destroy();
    archive.destroy();
  });
  return output;
}
