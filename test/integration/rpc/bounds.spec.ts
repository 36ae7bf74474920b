import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, startHarness } from './rpc-harness.js';
import type { Harness } from './rpc-harness.js';

let harness: Harness;
afterEach(() => harness.stop());

const PING = '{"jsonrpc":"2.0","id":null,"method":"test.ping"}\n';

describe('a client that asks and never reads', () => {
  it('gets no more work done than fits the bounds, and everything once it reads', async () => {
    harness = await startHarness({
      limits: { maxUnreadBytes: 200_000, maxInFlight: 4, maxQueuedBytes: 10_000 },
    });
    const raw = await harness.raw();
    raw.socket.pause();
    const ask = (id: number): object => ({
      jsonrpc: '2.0',
      id,
      method: 'test.big',
      params: { bytes: 10_000 },
    });
    raw.send(...Array.from({ length: 6_000 }, (_, index) => ask(index)));
    await eventually(() => harness.controller.calls > 4, 'the first answers');
    await sleep(200);
    // 200 kB, 4 at work, and what the kernel holds for a client
    expect(harness.controller.calls).toBeLessThan(100);
    expect(raw.socket.writableLength).toBeGreaterThan(0);
    raw.socket.resume();
    const ids = new Set((await raw.take(6_000)).map((answer) => answer?.id));
    expect(ids.size).toBe(6_000);
  });

  it('is disconnected at the hard bound, and its requests are aborted', async () => {
    harness = await startHarness({ limits: { maxUnreadBytes: 10_000, hardMaxUnreadBytes: 1_000_000 } });
    const raw = await harness.raw();
    raw.socket.pause();
    raw.send({ jsonrpc: '2.0', id: 0, method: 'test.wait' });
    const ask = (id: number): object => ({
      jsonrpc: '2.0',
      id,
      method: 'test.big',
      params: { bytes: 100_000 },
    });
    raw.send(...Array.from({ length: 1_000 }, (_, index) => ask(index + 1)));
    await eventually(() => harness.controller.aborted === 1, 'the waiting request is aborted');
    raw.socket.resume();
    await raw.closed;
    expect(harness.controller.calls).toBeLessThan(1_000);
    const other = await harness.connect();
    expect(await other.request('test.ping', {})).toBeDefined();
  });

  it('cannot gather endless answers in a batch either', async () => {
    harness = await startHarness({ limits: { hardMaxUnreadBytes: 1_000_000 } });
    const raw = await harness.raw();
    const ask = { jsonrpc: '2.0', id: null, method: 'test.big', params: { bytes: 100_000 } };
    raw.send([{ jsonrpc: '2.0', id: 1, method: 'test.wait' }, ...Array.from({ length: 50 }, () => ask)]);
    await raw.closed;
    expect(raw.bytesRead).toBe(0);
    await eventually(() => harness.controller.aborted === 1, 'the batch is aborted');
  });
});

describe('requests beyond those that may be at work', () => {
  it('wait for their turn, and the socket is not read past the queue', async () => {
    harness = await startHarness({ limits: { maxInFlight: 2, maxQueuedBytes: 5_000 } });
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.wait' }, { jsonrpc: '2.0', id: 2, method: 'test.wait' });
    await eventually(() => harness.controller.waiting === 2, 'both are at work');
    raw.socket.write(PING.repeat(50_000));
    let left: number;
    do {
      left = raw.socket.writableLength;
      await sleep(150);
    } while (raw.socket.writableLength < left);
    expect(harness.controller).toMatchObject({ calls: 0, waiting: 2 });
    // 2.4 MB asked; the queue took 5 kB and a chunk, the kernel some 200 kB
    expect(raw.socket.writableLength).toBeGreaterThan(1_000_000);
    const other = await harness.connect();
    expect(await other.request('test.ping', {})).toEqual({ value: 1 });
  });
});

describe('connections', () => {
  it('may idle by the thousand and cost little', async () => {
    harness = await startHarness();
    const before = process.memoryUsage().rss;
    const idle = await Promise.all(Array.from({ length: 1_000 }, () => harness.raw()));
    const client = await harness.connect();
    const start = performance.now();
    await Promise.all(Array.from({ length: 1_000 }, () => client.request('test.ping', {})));
    expect(performance.now() - start).toBeLessThan(2_000);
    // both ends live in this process
    expect((process.memoryUsage().rss - before) / 1_000).toBeLessThan(100_000);
    idle[500]?.socket.write(PING);
    expect((await idle[500]?.next())?.result).toEqual({ value: 1_001 });
  });

  it('past the bound are told so and closed; room comes back', async () => {
    harness = await startHarness({ limits: { maxConnections: 2 } });
    const [first] = [await harness.raw(), await harness.raw()];
    const third = await harness.raw();
    expect(await third.next()).toMatchObject({ id: null, error: { data: { kind: 'LIMIT_EXCEEDED' } } });
    await third.closed;
    await first.close();
    await sleep(20);
    const fourth = await harness.raw();
    fourth.socket.write(PING);
    expect((await fourth.next())?.result).toEqual({ value: 1 });
  });

  it('that are refused tell the client why', async () => {
    harness = await startHarness({ limits: { maxConnections: 0 } });
    const client = await harness.connect();
    await expect(client.request('test.ping', {})).rejects.toMatchObject({ kind: 'LIMIT_EXCEEDED' });
  });
});
