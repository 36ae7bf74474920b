import { createReadStream } from 'node:fs';
import { bytesOfText } from '../../core/text-bytes.js';

/** sha256 of the first bytes of a file, in hex */
export async function digestOf(path: string, bytes: number): Promise<string> {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256');
  if (bytes > 0)
    for await (const chunk of createReadStream(bytesOfText(path), {
      end: bytes - 1,
      highWaterMark: 1024 * 1024,
    }))
      hash.update(chunk as Buffer);
  return hash.digest('hex');
}
