import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startHarness } from './rpc-harness.js';
import type { Harness, RawClient } from './rpc-harness.js';

let harness: Harness;
let raw: RawClient;
beforeEach(async () => {
  harness = await startHarness();
  raw = await harness.raw();
});
afterEach(() => harness.stop());

const request = (id: unknown, method: string, params?: object): object => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});

describe('requests that are none', () => {
  it.each([
    ['a number', 1, null],
    ['a string', 'x', null],
    ['null', null, null],
    ['an empty object', {}, null],
    ['another version', { jsonrpc: '1.0', id: 1, method: 'test.ping' }, 1],
    ['no method', { jsonrpc: '2.0', id: 'a' }, 'a'],
    ['a method that is no string', { jsonrpc: '2.0', id: 2, method: 7 }, 2],
    ['params that are a string', { jsonrpc: '2.0', id: 3, method: 'test.ping', params: 'x' }, 3],
    ['params that are null', { jsonrpc: '2.0', id: 3, method: 'test.ping', params: null }, 3],
    ['an id that is an object', { jsonrpc: '2.0', id: {}, method: 'test.ping' }, null],
    ['a huge id', { jsonrpc: '2.0', id: 'x'.repeat(300), method: 'test.ping' }, null],
  ])('%s', async (_what, message, id) => {
    raw.send(message);
    expect(await raw.next()).toMatchObject({ jsonrpc: '2.0', id, error: { code: -32600 } });
  });

  it('a method that does not exist, or only a prototype has', async () => {
    raw.send(
      request(1, 'no.such'),
      request(2, '__proto__'),
      request(3, 'toString'),
      request(4, '$/cancel', { id: 1 }),
    );
    for (const answer of await raw.take(4)) {
      expect(answer?.error).toMatchObject({
        code: -32601,
        data: { kind: 'METHOD_NOT_FOUND', ref: expect.any(String) },
      });
    }
  });

  it('an id that is in use', async () => {
    raw.send(request(1, 'test.wait'), request(1, 'test.ping'));
    expect((await raw.next())?.error?.code).toBe(-32600);
    raw.send({ jsonrpc: '2.0', method: '$/cancel', params: { id: 1 } });
    expect((await raw.next())?.error?.data.kind).toBe('CANCELLED');
    raw.send(request(1, 'test.ping'));
    expect((await raw.next())?.result).toEqual({ value: 1 });
  });
});

describe('a batch', () => {
  it('is answered by one array, without the notifications', async () => {
    raw.send([
      request(1, 'test.ping'),
      { jsonrpc: '2.0', method: 'test.ping' },
      request('two', 'no.such'),
      7,
      request(null, 'test.ping'),
    ]);
    const answers = (await raw.next()) as unknown as { id: unknown; error?: { code: number } }[];
    expect(answers).toHaveLength(4);
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual(
      expect.arrayContaining([
        [1, undefined],
        ['two', -32601],
        [null, -32600],
        [null, undefined],
      ]),
    );
  });

  it('that is empty, or too long, is answered by one error', async () => {
    raw.send([]);
    expect(await raw.next()).toMatchObject({ id: null, error: { code: -32600 } });
    raw.send(Array.from({ length: 1_001 }, () => 1));
    expect(await raw.next()).toMatchObject({ id: null, error: { data: { kind: 'LIMIT_EXCEEDED' } } });
  });

  it('of notifications alone is not answered', async () => {
    raw.send([
      { jsonrpc: '2.0', method: 'test.ping' },
      { jsonrpc: '2.0', method: '$/cancel', params: { id: 9 } },
    ]);
    raw.send(request(5, 'test.ping'));
    expect(await raw.next()).toMatchObject({ id: 5, result: { value: 2 } });
  });

  it('may hold streams: their values come as they are, the end in the array', async () => {
    raw.send([request(1, 'test.count', { to: 2 }), request(2, 'test.ping')]);
    const [first, second, end] = await raw.take(3);
    expect([first?.params, second?.params]).toEqual([
      { id: 1, value: { value: 1 } },
      { id: 1, value: { value: 2 } },
    ]);
    expect(end).toEqual(expect.arrayContaining([{ jsonrpc: '2.0', id: 1, result: { value: 2 } }]));
  });
});

describe('cancelling', () => {
  it('aborts the signal and answers CANCELLED', async () => {
    raw.send(request(1, 'test.wait'));
    await eventually(() => harness.controller.waiting === 1, 'the handler waits');
    raw.send({ jsonrpc: '2.0', method: '$/cancel', params: { id: 1 } });
    expect(await raw.next()).toMatchObject({ id: 1, error: { code: 1499, data: { kind: 'CANCELLED' } } });
    expect(harness.controller).toMatchObject({ waiting: 0, aborted: 1 });
  });

  it('of what is unknown, done or malformed is ignored', async () => {
    for (const params of [{ id: 99 }, { id: null }, {}, [], { id: { toString: 1 } }]) {
      raw.send({ jsonrpc: '2.0', method: '$/cancel', params });
    }
    raw.send(
      { jsonrpc: '2.0', method: '$/cancel' },
      { jsonrpc: '2.0', method: '$/unknown' },
      request(1, 'test.ping'),
    );
    expect(await raw.next()).toMatchObject({ id: 1 });
  });

  it('reaches a request that still waits for its turn', async () => {
    const limits = { maxInFlight: 1 };
    await harness.stop();
    harness = await startHarness({ limits });
    raw = await harness.raw();
    raw.send(request(1, 'test.wait'), request(2, 'test.ping'), request(3, 'test.ping'));
    raw.send({ jsonrpc: '2.0', method: '$/cancel', params: { id: 2 } });
    expect(await raw.next()).toMatchObject({ id: 2, error: { data: { kind: 'CANCELLED' } } });
    raw.send({ jsonrpc: '2.0', method: '$/cancel', params: { id: 1 } });
    expect((await raw.take(2)).map((answer) => answer?.id)).toEqual([1, 3]);
    expect(harness.controller.calls).toBe(1);
  });

  it('from the client rejects at once and tells the daemon', async () => {
    const client = await harness.connect();
    const controller = new AbortController();
    const waiting = client.request('test.wait', {}, { signal: controller.signal });
    await eventually(() => harness.controller.waiting === 1, 'the handler waits');
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'CANCELLED' });
    await eventually(() => harness.controller.aborted === 1, 'the handler is aborted');
    await expect(client.request('test.ping', {}, { signal: controller.signal })).rejects.toMatchObject({
      kind: 'CANCELLED',
    });
  });
});

describe('rpc.discover', () => {
  it('answers an OpenRPC document of the methods that are there', async () => {
    const client = await harness.connect();
    const document = await client.request('rpc.discover', {});
    expect(document).toMatchObject({
      openrpc: '1.3.2',
      methods: expect.arrayContaining([
        expect.objectContaining({
          name: 'test.echo',
          params: expect.arrayContaining([
            { name: 'text', required: true, schema: { type: 'string' } },
            { name: 'count', required: false, schema: { type: 'integer', minimum: 0, maximum: 10 } },
            { name: 'inner', required: false, schema: { $ref: '#/components/schemas/Inner' } },
            {
              name: 'list',
              required: false,
              schema: { type: 'array', items: { $ref: '#/components/schemas/Inner' } },
            },
          ]),
          result: { name: 'result', schema: { $ref: '#/components/schemas/EchoView' } },
        }),
        expect.objectContaining({
          name: 'test.count',
          'x-stream': { schema: { $ref: '#/components/schemas/NumberView' } },
        }),
      ]),
      components: {
        schemas: {
          Inner: {
            type: 'object',
            properties: { path: { type: 'string', minLength: 1, maxLength: 10 } },
            required: ['path'],
            additionalProperties: false,
          },
        },
      },
    });
    await expect(client.request('rpc.discover', { x: 1 })).rejects.toMatchObject({ kind: 'PARAMS_INVALID' });
  });
});
