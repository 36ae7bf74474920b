import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { InternalError } from '../errors/index.js';
import { KeyedQueue } from './keyed-queue.js';

it('the work of a key is done in order, that of others meanwhile; what fails holds up nothing', async () => {
  const queue = new KeyedQueue();
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const work =
    (name: string, until: Promise<void> = Promise.resolve()) =>
    async () => {
      await until;
      done.push(name);
      return name;
    };
  const results = [
    queue.run('a', work('a1', first.promise)),
    queue.run('a', async () => {
      await turn();
      throw new InternalError('a2');
    }),
    queue.run('a', work('a3')),
    queue.run('b', work('b1')),
  ];
  await turn();
  expect(done).toEqual(['b1']);
  first.resolve();
  const settled = await Promise.allSettled(results);
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual([
    'a1',
    'failed',
    'a3',
    'b1',
  ]);
  expect(done).toEqual(['b1', 'a1', 'a3']);
  expect(await queue.run('a', work('again'))).toBe('again');
});
