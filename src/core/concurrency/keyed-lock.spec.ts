import { expect, it } from 'vitest';
import { KeyedLock } from './keyed-lock.js';

it('gives a key to one holder at a time and tells who has it', () => {
  const lock = new KeyedLock('subsystem');
  const release = lock.tryAcquire('web', 'vm.start');
  expect({
    holder: lock.holder('web'),
    second: lock.tryAcquire('web', 'vm.stop'),
    other: lock.holder('db'),
  }).toEqual({
    holder: 'vm.start',
    second: undefined,
    other: undefined,
  });
  release?.();
  expect(lock.holder('web')).toBeUndefined();
});

it('does not let an old holder release a newer one', () => {
  const lock = new KeyedLock('subsystem');
  const first = lock.tryAcquire('web', 'first');
  first?.();
  lock.tryAcquire('web', 'second');
  first?.();
  expect(lock.holder('web')).toBe('second');
});

it('never runs two bodies of one key at once, and frees the key after a failure', async () => {
  const lock = new KeyedLock('subsystem');
  let inside = 0;
  let most = 0;
  const body = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await Promise.resolve();
    inside--;
    throw new TypeError('on purpose');
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lock.with('web', 'work', body)));
  expect({ most, rejected: outcomes.filter(({ status }) => status === 'rejected').length }).toEqual({
    most: 1,
    rejected: 20,
  });
  expect(lock.holder('web')).toBeUndefined();
});

it('stops waiting when the signal aborts, although the key is still held', async () => {
  const lock = new KeyedLock('subsystem');
  lock.tryAcquire('web', 'for ever');
  const controller = new AbortController();
  const waiting = lock.acquire('web', 'work', controller.signal);
  controller.abort(new RangeError('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(lock.holder('web')).toBe('for ever');
});
