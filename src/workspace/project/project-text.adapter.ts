import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { decodeSettings } from '../../core/toml/index.js';
import type { SettingsText } from '../../core/toml/index.js';

/** `bytes` */
const MAX_BYTES = 64 * 1024;

/**
 * Reads a file that whoever wrote the repository has put there. The daemon may be root: what it reads, and would repeat
 * in its errors, must be the repository owner's own. So no link is followed, and another owner's file is refused: a
 * hard link could be one to theirs. Nothing blocks, and what is checked is what is read.
 */
export async function readProjectText(path: string, ownerUid: number): Promise<SettingsText> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { missing: true };
    if (code === 'ELOOP')
      return { problem: 'is a link; it has to be a file of the repository itself', cause: error };
    if (code === 'ENXIO') return { problem: 'is a socket, not a file', cause: error };
    if (code === 'EACCES' || code === 'EPERM')
      return { problem: 'may not be read by the daemon', cause: error };
    return { problem: `cannot be read: ${message}`, cause: error };
  }
  try {
    const facts = await file.stat();
    const problem = problemOf(facts, ownerUid);
    if (problem !== undefined) return { problem };
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = (await file.read(buffer, length, buffer.length - length, null)).bytesRead;
    }
    if (length > MAX_BYTES) return { problem: `is larger than ${MAX_BYTES / 1024} KiB` };
    return decodeSettings(buffer.subarray(0, length));
  } finally {
    await file.close();
  }
}

function problemOf(facts: Stats, ownerUid: number): string | undefined {
  if (facts.isDirectory()) return 'is a directory, not a file';
  if (!facts.isFile()) return 'is no file';
  if (facts.uid !== ownerUid) return 'belongs to another user than the repository';
  return undefined;
}
