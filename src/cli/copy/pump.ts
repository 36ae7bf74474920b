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
  // one that failed, and closes itself not, has no end any more that could be waited for
  if (to.destroyed || to.errored !== null) return;
  await new Promise<void>((resolve) => {
    to.once('close', resolve)
      .once('finish', resolve)
      .once('error', () => resolve());
    to.end();
  });
}

/** Resolves when all that was written so far has been taken, or when it is known, by an event, that it was not. */
export async function settled(to: Writable): Promise<void> {
  await new Promise<void>((resolve) => {
    if (to.errored === null) to.write('', () => setImmediate(resolve));
    else setImmediate(resolve);
  });
}
