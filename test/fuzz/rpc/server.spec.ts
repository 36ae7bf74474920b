import { afterAll, beforeAll, expect, it } from 'vitest';
import { startHarness } from '../../integration/rpc/rpc-harness.js';
import type { Harness } from '../../integration/rpc/rpc-harness.js';
import { Random } from './random.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const VALUES = [
  '1',
  '"a"',
  'null',
  '{}',
  '[]',
  'true',
  '-0.5e9',
  '"2.0"',
  '"test.ping"',
  '"test.echo"',
  '"$/cancel"',
  '"$/channel"',
];
const NAMES = ['jsonrpc', 'id', 'method', 'params', 'ref', 'result', '__proto__', 'text', 'x'];

function randomObject(random: Random, depth: number): string {
  const members = Array.from({ length: random.below(6) }, () => {
    const value = depth > 0 && random.below(4) === 0 ? randomObject(random, depth - 1) : random.pick(VALUES);
    return `"${random.pick(NAMES)}":${value}`;
  });
  const object = `{${['"jsonrpc":"2.0"', ...members].slice(random.below(2)).join(',')}}`;
  return random.below(6) === 0 ? `[${object},${object}]` : object;
}

function mutate(random: Random, text: string): Buffer {
  const bytes = Buffer.from(text);
  for (let count = random.below(3); count > 0; count -= 1)
    bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

it('random bytes never harm the server or another client (seed 1)', async () => {
  const random = new Random(1);
  const client = await harness.connect();
  for (let round = 0; round < 100; round += 1) {
    const raw = await harness.raw();
    for (let count = 0; count < 20; count += 1) raw.socket.write(random.bytes(1 + random.below(2_000)));
    raw.socket.write('\n');
    if (random.below(2) === 0) await raw.next();
    await raw.close();
    expect(await client.request('test.ping', {})).toEqual({ value: expect.any(Number) });
  }
});

it('almost-requests are answered by the letter of the specification (seed 2)', async () => {
  const random = new Random(2);
  for (let round = 0; round < 40; round += 1) {
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 'first', method: 'test.ping' });
    for (let count = 0; count < 100; count += 1) {
      raw.socket.write(Buffer.concat([mutate(random, randomObject(random, 3)), Buffer.from('\n')]));
    }
    raw.send({ jsonrpc: '2.0', id: 'last', method: 'test.ping' });
    for (let answer = await raw.next(); answer?.id !== 'last'; answer = await raw.next()) {
      for (const single of Array.isArray(answer) ? (answer as unknown[]) : [answer]) {
        expect(single).toMatchObject({ jsonrpc: '2.0', id: expect.toSatisfy(isId) });
        expect(single).toSatisfy((value: object) => 'result' in value !== 'error' in value);
      }
    }
    await raw.close();
  }
});

it('almost-frames end their channel and nothing else (seed 3)', async () => {
  const random = new Random(3);
  let served = 0;
  for (let round = 0; round < 100; round += 1) {
    const { token } = harness.channels.grant(async (channel) => {
      served += 1;
      channel.stdin.resume();
      await channel.closed;
    });
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', method: '$/channel', params: { token } });
    for (let count = 0; count < 30; count += 1) {
      const payload = random.bytes(random.below(40));
      const header = Buffer.from([0, 0, 0, payload.length, random.below(random.below(4) === 0 ? 256 : 7)]);
      raw.socket.write(Buffer.concat([header, payload]));
    }
    raw.socket.end();
    await raw.closed;
  }
  expect(served).toBe(100);
  const client = await harness.connect();
  expect(await client.request('test.ping', {})).toEqual({ value: expect.any(Number) });
});

function isId(id: unknown): boolean {
  return id === null || typeof id === 'number' || typeof id === 'string';
}
