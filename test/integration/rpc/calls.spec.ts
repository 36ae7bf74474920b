import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RpcFailure } from '../../../src/core/rpc/client.js';
import { eventually, startHarness } from './rpc-harness.js';
import type { Harness } from './rpc-harness.js';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

describe('a call over the socket', () => {
  it('answers with the result, without members that are undefined', async () => {
    const client = await harness.connect();
    const result = await client.request('test.echo', { text: 'grüß dich' });
    expect(result).toEqual({ text: 'grüß dich', ref: expect.stringMatching(/^[0-9a-f]{8}-\w+$/) });
    expect(Object.keys(result as object)).not.toContain('absent');
  });

  it('uses the reference that the client brings', async () => {
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 'a', method: 'test.echo', params: { text: '' }, ref: 'cli-1' });
    expect(await raw.next()).toEqual({ jsonrpc: '2.0', id: 'a', result: { text: '', ref: 'cli-1' } });
    raw.send({ jsonrpc: '2.0', id: 'b', method: 'test.echo', params: { text: '' }, ref: 'bad ref\n' });
    expect((await raw.next())?.result?.['ref']).not.toContain('bad');
  });

  it('reports a failure with kind, details, why, fix and reference', async () => {
    const client = await harness.connect();
    const failure = await client
      .request('test.fail', { text: 'VM_NOT_FOUND' })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RpcFailure);
    expect(failure).toMatchObject({
      kind: 'VM_NOT_FOUND',
      message: 'no VM called x',
      details: { vm: 'x' },
      why: 'gone',
      fix: 'make one',
      ref: expect.any(String),
    });
  });

  it('keeps what a defect says to itself', async () => {
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.fail', params: { text: 'the key' }, ref: 'r1' });
    raw.send({ jsonrpc: '2.0', id: 2, method: 'test.fail', params: { text: 'circular' } });
    const [thrown, unserialisable] = await raw.take(2);
    expect(thrown?.error).toEqual({
      code: -32603,
      message: 'internal error',
      data: { kind: 'INTERNAL', details: { ref: 'r1' }, ref: 'r1', fix: expect.stringContaining('r1') },
    });
    expect(unserialisable?.error).toMatchObject({ code: -32603, message: 'internal error' });
  });

  it('answers 10,000 pipelined requests, each once', async () => {
    const client = await harness.connect();
    const texts = Array.from({ length: 10_000 }, (_, index) => `n${index}`);
    const results = await Promise.all(texts.map((text) => client.request('test.echo', { text })));
    expect(results.map((result) => (result as { text: string }).text)).toEqual(texts);
    expect(harness.controller.calls).toBe(10_000);
  });

  it('carries out a notification and does not answer it', async () => {
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', method: 'test.ping' }, { jsonrpc: '2.0', method: 'no.such' });
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.ping' });
    expect(await raw.next()).toEqual({ jsonrpc: '2.0', id: 1, result: { value: 2 } });
    await eventually(() => harness.controller.calls === 2, 'the notification runs');
  });
});
