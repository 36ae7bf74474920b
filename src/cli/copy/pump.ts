import type { Writable } from 'node:stream';

/** Writes, and waits for room. @returns false when nobody takes it any more: the other side knows why */
export async function write(to: Writable, chunk: Buffer): Promise<boolean> {
  if (to.destroyed || !to.writable) return false;
  if (to.write(chunk)) return true;
  return await new Promise((resolve) => {
    const settle = (room: boolean) => () => {
      to.off('drain', drained);
      to.off('close', closed);
      to.off('error', closed);
      resolve(room);
    };
    const drained = settle(true);
    const closed = settle(false);
    to.once('drain', drained).once('close', closed).once('error', closed);
  });
}

/** Ends a stream; resolves when all of it has been taken, or can be no more. */
export async function end(to: Writable): Promise<void> {
  if (to.destroyed) return;
  await new Promise<void>((resolve) => {
    to.once('close', resolve)
      .once('finish', resolve)
      .once('error', () => resolve());
    to.end();
  });
}
