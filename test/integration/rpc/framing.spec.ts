import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startHarness } from './rpc-harness.js';
import type { Harness, RawClient, WireMessage } from './rpc-harness.js';

let harness: Harness;
afterEach(() => harness.stop());

const PING = '{"jsonrpc":"2.0","id":1,"method":"test.ping"}\n';

async function start(limits: Parameters<typeof startHarness>[0] = {}): Promise<RawClient> {
  harness = await startHarness(limits);
  return harness.raw();
}

function codes(messages: (WireMessage | undefined)[]): (number | undefined)[] {
  return messages.map((message) => message?.error?.code);
}

describe('lines', () => {
  it('may come byte by byte, and several in one piece', async () => {
    const raw = await start();
    for (const byte of Buffer.from(PING)) {
      raw.socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    expect((await raw.next())?.result).toEqual({ value: 1 });
    raw.socket.write(PING + PING.slice(0, 20));
    expect((await raw.next())?.result).toEqual({ value: 2 });
    raw.socket.write(PING.slice(20));
    expect((await raw.next())?.result).toEqual({ value: 3 });
  });

  it('may be blank, or end in a carriage return', async () => {
    const raw = await start();
    raw.socket.write(`\n \t\r\n${PING.replace('\n', '\r\n')}`);
    expect((await raw.next())?.result).toEqual({ value: 1 });
  });

  it('of a multi-byte character cut in two stay whole', async () => {
    const raw = await start();
    const line = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"text":"ä€😀"}}\n');
    const cut = line.indexOf(Buffer.from('😀')) + 2;
    raw.socket.write(line.subarray(0, cut));
    await sleep(20);
    raw.socket.write(line.subarray(cut));
    expect((await raw.next())?.result?.['text']).toBe('ä€😀');
  });

  it('that are no JSON, or no UTF-8, are answered, and the next one is read', async () => {
    const raw = await start();
    raw.socket.write('{"jsonrpc":\n');
    raw.socket.write(
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"text":"\xff\xfe"}}\n', 'latin1'),
    );
    raw.socket.write(PING);
    const answers = await raw.take(3);
    expect(codes(answers)).toEqual([-32700, -32700, undefined]);
    expect(answers[0]).toMatchObject({ id: null, error: { data: { kind: 'REQUEST_MALFORMED' } } });
    expect(harness.controller.calls).toBe(1);
  });

  it('past the bound are refused and end the connection, whole or not', async () => {
    const raw = await start({ limits: { maxLineBytes: 1_000 } });
    raw.socket.write('x'.repeat(1_001));
    expect(await raw.next()).toMatchObject({
      id: null,
      error: {
        code: 1429,
        data: { kind: 'LIMIT_EXCEEDED', details: { limit: 'bytes of a line', max: 1_000 } },
      },
    });
    await raw.closed;
    const other = await harness.raw();
    other.socket.write(`${PING.replace('1', `"${'x'.repeat(2_000)}"`)}${PING}`);
    expect((await other.next())?.error?.data.kind).toBe('LIMIT_EXCEEDED');
    await other.closed;
    expect(harness.controller.calls).toBe(0);
  });

  it('exactly at the bound are taken', async () => {
    const raw = await start({ limits: { maxLineBytes: PING.length - 1 } });
    raw.socket.write(PING);
    expect((await raw.next())?.result).toEqual({ value: 1 });
  });

  it('that never end are cut off after a time, but an idle connection is not', async () => {
    const raw = await start({ limits: { partialLineTimeoutMs: 80 } });
    const idle = await harness.raw();
    raw.socket.write(PING + PING.slice(0, 10));
    expect((await raw.next())?.result).toEqual({ value: 1 });
    expect((await raw.next())?.error?.data.kind).toBe('LIMIT_EXCEEDED');
    await raw.closed;
    await sleep(100);
    idle.socket.write(PING);
    expect((await idle.next())?.result).toEqual({ value: 2 });
  });

  it('that trickle in, byte after byte, are cut off all the same', async () => {
    const raw = await start({ limits: { partialLineTimeoutMs: 100 } });
    const trickle = setInterval(() => raw.socket.write('x'), 10);
    expect((await raw.next())?.error?.data.kind).toBe('LIMIT_EXCEEDED');
    await raw.closed;
    clearInterval(trickle);
  });

  it('are not cut off as long as lines come, whatever the moment finds half done', async () => {
    const raw = await start({ limits: { partialLineTimeoutMs: 40 } });
    raw.socket.write(PING.slice(0, 5));
    for (let round = 0; round < 12; round += 1) {
      await sleep(10);
      raw.socket.write(PING.slice(5) + PING.slice(0, 5));
    }
    expect((await raw.take(12)).every((answer) => answer?.result !== undefined)).toBe(true);
  });
});
