import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { pacedBody } from './paced-body.js';

const PACE = { stallMs: 20, minBytesPerStall: 10 };

async function read(stream: Readable, busyMs = 0): Promise<string> {
  let text = '';
  for await (const chunk of pacedBody(stream, PACE, (error) => error as Error)) {
    text += chunk.toString();
    await delay(busyMs);
  }
  return text;
}

it('gives up what comes too slowly, however steadily', async () => {
  const trickle = new Readable({
    read() {
      setTimeout(() => this.push('.'), 5);
    },
  });
  await expect(read(trickle)).rejects.toMatchObject({ code: 'BANGER_STALLED' });
  expect(trickle.destroyed).toBe(true);
});

it('gives up nothing because its reader takes long', async () => {
  expect(await read(Readable.from([Buffer.from('a'), Buffer.from('b')]), 3 * PACE.stallMs)).toBe('ab');
});

it('lets go of the connection when its reader leaves', async () => {
  const stream = Readable.from([Buffer.from('a'), Buffer.from('b')]);
  for await (const _ of pacedBody(stream, PACE, (error) => error as Error)) break;
  expect(stream.destroyed).toBe(true);
});
