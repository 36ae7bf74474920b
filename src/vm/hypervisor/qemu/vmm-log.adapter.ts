import { open, stat, truncate } from 'node:fs/promises';

const TAIL_BYTES = 8 * 1024;
const MAX_LOG_BYTES = 1024 * 1024;
const CHECK_INTERVAL_MS = 30_000;

/**
 * Keeps the VMM's log bounded while this daemon lives: a guest can make QEMU complain again and again. QEMU appends,
 * so an emptied file goes on from its beginning. Returns what ends the watch.
 */
export function boundLog(path: string): () => void {
  const timer = setInterval(() => {
    stat(path)
      .then(async ({ size }) => {
        if (size > MAX_LOG_BYTES) await truncate(path);
      })
      .catch(() => undefined);
  }, CHECK_INTERVAL_MS).unref();
  return () => clearInterval(timer);
}

/** Size of the VMM's log, 0 when there is none yet. */
export async function logSize(path: string): Promise<number> {
  return await withFile(path, 0, async (file) => (await file.stat()).size);
}

/** The last 8 KiB that were written after `from`; empty when the file cannot be read. */
export async function logTail(path: string, from: number): Promise<string> {
  return await withFile(path, '', async (file) => {
    const { size } = await file.stat();
    const start = Math.max(Math.min(from, size), size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, bytesRead);
  });
}

async function withFile<T>(
  path: string,
  absent: T,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return absent;
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
