import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness } from './rpc-harness.js';
import type { Harness, RawClient } from './rpc-harness.js';

let harness: Harness;
let raw: RawClient;
beforeAll(async () => {
  harness = await startHarness();
  raw = await harness.raw();
});
afterAll(() => harness.stop());

async function issuesOf(params: string, method = 'test.echo'): Promise<unknown> {
  raw.socket.write(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}\n`);
  const answer = await raw.next();
  if (answer?.error === undefined) return answer?.result;
  expect(answer.error).toMatchObject({ code: -32602, data: { kind: 'PARAMS_INVALID' } });
  return answer.error.data.details['issues'];
}

// Guards against the trap of hybrid applications, whose global pipes never saw a message of the transport.
describe('params over the socket', () => {
  it.each([
    ['a wrong type', '{"text":1}', [{ path: 'text', message: 'text must be a string' }]],
    ['nothing', '{}', [{ path: 'text', message: 'text must be a string' }]],
    ['an array', '["x"]', [{ path: '', message: 'params must be an object' }]],
    [
      'a member too many',
      '{"text":"","more":1}',
      [{ path: 'more', message: 'property more should not exist' }],
    ],
    [
      'wrong members within',
      '{"text":"","inner":{"path":"","x":1},"list":[{"path":"ok"},{"path":7}]}',
      [
        { path: 'inner.x', message: 'property x should not exist' },
        { path: 'inner.path', message: expect.stringContaining('longer than or equal to 1') },
        { path: 'list.1.path', message: expect.stringMatching(/between|longer|shorter/) },
        { path: 'list.1.path', message: 'path must be a string' },
      ],
    ],
  ])('refuses %s', async (_what, params, issues) => {
    expect(await issuesOf(params)).toEqual(expect.arrayContaining(issues as unknown[]));
    expect(((await issuesOf(params)) as unknown[]).length).toBe((issues as unknown[]).length);
  });

  it('refuses members for a method that takes none', async () => {
    expect(await issuesOf('{"a":1}', 'test.ping')).toEqual([
      { path: 'a', message: 'property a should not exist' },
    ]);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the name %s at any depth', async (name) => {
    const issue = { path: `free.deep.0.${name}`, message: `${name} is not allowed as a name` };
    expect(await issuesOf(`{"text":"","free":{"deep":[{"${name}":{"polluted":true}}]}}`)).toEqual([issue]);
    expect(await issuesOf(`{"text":"","${name}":{"polluted":true}}`)).toEqual([{ ...issue, path: name }]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('refuses what is nested deeper than the bound, however deep', async () => {
    for (const depth of [40, 100_000]) {
      const issues = await issuesOf(`{"text":"","free":${'['.repeat(depth)}${']'.repeat(depth)}}`);
      expect(issues).toEqual([expect.objectContaining({ message: 'params are nested deeper than 32' })]);
    }
  });

  it('reports no more issues than a person would read', async () => {
    const params = JSON.stringify(
      Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`m${index}`, 1])),
    );
    expect(await issuesOf(params)).toHaveLength(50);
    expect(await issuesOf(params, 'test.ping')).toHaveLength(50);
  });

  it('hands over an instance with the members that were given; null counts as absent', async () => {
    expect(await issuesOf('{"text":"x","count":null}', 'test.params')).toEqual({ text: 'EchoParams:text' });
    expect(await issuesOf('{"text":"x","count":3}', 'test.params')).toEqual({
      text: 'EchoParams:text,count',
    });
  });
});
