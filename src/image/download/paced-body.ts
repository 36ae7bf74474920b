import type { Readable } from 'node:stream';
import { STALLED } from './network-failures.js';
import type { Patience } from './patience.js';

/** No more than what the server sends too slowly; the time in which the reader is busy does not count. */
export async function* pacedBody(
  stream: Readable,
  { stallMs, minBytesPerStall }: Pick<Patience, 'stallMs' | 'minBytesPerStall'>,
  explain: (error: unknown) => Error,
): AsyncGenerator<Buffer> {
  let received = 0;
  let waiting = true;
  const watch = setInterval(() => {
    if (waiting && received < minBytesPerStall) stream.destroy(new StalledError());
    received = 0;
  }, stallMs);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      received += chunk.length;
      waiting = false;
      yield chunk;
      waiting = true;
    }
  } catch (error) {
    throw explain(error);
  } finally {
    clearInterval(watch);
    stream.destroy();
  }
}

/** Never leaves this room: it is explained as what it means. */
class StalledError extends Error {
  readonly code = STALLED;
}
