import { describe, expect, it } from 'vitest';
import { cancellation, CancelledError, TimeoutError } from '../errors/index.js';
import { abortable } from './abortable.js';

describe('abortable', () => {
  const never = new Promise<never>(() => undefined);
  const because = (signal: AbortSignal) => () => cancellation(signal, 'the wait');

  it('gives what the work gives', async () => {
    const { signal } = new AbortController();
    expect(await abortable(Promise.resolve('done'), signal, because(signal))).toBe('done');
    await expect(abortable(Promise.reject(new TypeError('no')), signal, because(signal))).rejects.toThrow(
      'no',
    );
    expect(await abortable(Promise.resolve('done'), undefined, () => 'unused')).toBe('done');
  });

  it('ends with the signal, also with one that has aborted before', async () => {
    const caller = new AbortController();
    const waiting = abortable(never, caller.signal, because(caller.signal));
    const timeout = new TimeoutError('it', 5);
    caller.abort(timeout);
    await expect(waiting).rejects.toBe(timeout);
    await expect(abortable(never, caller.signal, because(caller.signal))).rejects.toBe(timeout);
    const plain = AbortSignal.abort();
    await expect(abortable(never, plain, because(plain))).rejects.toBeInstanceOf(CancelledError);
  });

  it('leaves a later failure of the work unheard', async () => {
    const work = Promise.withResolvers<never>();
    const signal = AbortSignal.abort();
    await expect(abortable(work.promise, signal, because(signal))).rejects.toThrow('cancelled');
    // an unhandled rejection would fail the run
    work.reject(new TypeError('late'));
    await new Promise(setImmediate);
  });
});
