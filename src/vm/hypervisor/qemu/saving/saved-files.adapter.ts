import { open } from 'node:fs/promises';

const MIB = 1024 * 1024;

/** The file that holds a machine's memory while it runs: empty, and the VMM's to write. */
export async function makeMemoryFile(
  path: string,
  { memoryMib, uid }: { memoryMib: number; uid?: number },
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.truncate(memoryMib * MIB);
    if (uid !== undefined) await file.chown(uid, uid);
  } finally {
    await file.close();
  }
}

/** Runs the body with a descriptor for reading, which is closed afterwards. */
export async function withFile<T>(path: string, body: (descriptor: number) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await body(file.fd);
  } finally {
    await file.close();
  }
}
