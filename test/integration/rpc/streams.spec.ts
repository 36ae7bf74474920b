import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startHarness } from './rpc-harness.js';
import type { Harness } from './rpc-harness.js';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ limits: { maxUnreadBytes: 100_000 } });
});
afterEach(() => harness.stop());

const cancel = (id: number): object => ({ jsonrpc: '2.0', method: '$/cancel', params: { id } });

describe('a stream', () => {
  it('sends its values in order, then its result', async () => {
    const client = await harness.connect();
    const values: unknown[] = [];
    const result = await client.request(
      'test.count',
      { to: 1_000 },
      { onValue: (value) => values.push(value) },
    );
    expect(result).toEqual({ value: 1_000 });
    expect(values).toEqual(Array.from({ length: 1_000 }, (_, index) => ({ value: index + 1 })));
    expect(harness.controller.finallyRuns).toBe(1);
  });

  it('ends with an error when it breaks', async () => {
    const client = await harness.connect();
    const values: unknown[] = [];
    const failing = client.request('test.broken', {}, { onValue: (value) => values.push(value) });
    await expect(failing).rejects.toMatchObject({ kind: 'VM_NOT_FOUND', details: { vm: 'x' } });
    expect(values).toHaveLength(1);
  });

  it('stops when it is cancelled, and runs its finally', async () => {
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.count', params: { to: 1e9, bytes: 1_000 } });
    await raw.next();
    raw.send(cancel(1));
    let last = await raw.next();
    while (last?.method === '$/next') last = await raw.next();
    expect(last).toMatchObject({ id: 1, error: { data: { kind: 'CANCELLED' } } });
    await eventually(() => harness.controller.finallyRuns === 1, 'the generator ends');
  });

  it('that ignores its signal is answered for all the same', async () => {
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.stuck' });
    await eventually(() => harness.controller.waiting === 1, 'the stream waits');
    raw.send(cancel(1));
    expect(await raw.next()).toMatchObject({ id: 1, error: { data: { kind: 'CANCELLED' } } });
  });

  it('rests while its client does not read, and goes on when it does', async () => {
    const raw = await harness.raw();
    raw.socket.pause();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.count', params: { to: 5_000, bytes: 1_000 } });
    await eventually(() => harness.controller.yielded > 0, 'the stream begins');
    await sleep(100);
    const { yielded } = harness.controller;
    await sleep(100);
    // 100 kB by the bound, and what the kernel's and this client's buffers hold
    expect(yielded).toBeLessThan(1_500);
    expect(harness.controller.yielded).toBe(yielded);
    raw.socket.resume();
    const messages = await raw.take(5_001);
    expect(messages.at(-1)).toMatchObject({ id: 1, result: { value: 5_000 } });
  });

  it('that rests is ended when its client goes', async () => {
    const raw = await harness.raw();
    raw.socket.pause();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.count', params: { to: 1e9, bytes: 1_000 } });
    await eventually(() => harness.controller.yielded > 100, 'the stream begins');
    await sleep(50);
    await raw.close();
    await eventually(() => harness.controller.finallyRuns === 1, 'the generator ends');
  });

  it('whose listener throws is cancelled, with what it threw', async () => {
    const client = await harness.connect();
    const thrown = new TypeError('enough');
    const onValue = (): void => {
      throw thrown;
    };
    await expect(client.request('test.count', { to: 1e9, bytes: 100 }, { onValue })).rejects.toBe(thrown);
    await eventually(() => harness.controller.finallyRuns === 1, 'the generator ends');
    expect(await client.request('test.ping', {})).toEqual({ value: 1 });
  });
});
