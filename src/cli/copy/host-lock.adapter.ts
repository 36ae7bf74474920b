import { createServer } from 'node:net';
import { statSync } from 'node:fs';
import { bytesOfText } from '../../core/text-bytes.js';

/**
 * A lock on a name in a directory that ends with this process, whatever ends it: an abstract socket, which is no file. Node
 * has no flock, and SQLite, which the daemon locks with, would leave a file beside the caller's.
 * @returns gives it back; undefined when another process has it
 */
export async function takeLock(directory: string, name: string): Promise<(() => void) | undefined> {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { dev, ino } = statSync(directory);
  const key = createHash('sha256')
    .update(bytesOfText(`${dev} ${ino} ${name}`))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ path: `\0banger-cp-${key}` }, () => {
      server.unref();
      resolve(() => server.close());
    });
  });
}
