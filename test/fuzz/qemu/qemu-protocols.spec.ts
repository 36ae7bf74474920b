import { describe, expect, it } from 'vitest';
import { AgentClient } from '../../../src/vm/hypervisor/qemu/agent-client.js';
import { parseExecStarted, parseExecStatus } from '../../../src/vm/hypervisor/qemu/agent-protocol.js';
import { LineParser } from '../../../src/vm/hypervisor/qemu/line-parser.js';
import { parseQmpMessage } from '../../../src/vm/hypervisor/qemu/qmp-protocol.js';
import { FakeByteSocket } from '../../support/fakes/fake-byte-socket.js';

/** mulberry32: the same bytes in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const FRAGMENTS = [
  '{"return":',
  '{"error":',
  '{"event":',
  '{"QMP":',
  '{}',
  '[]',
  'null',
  '"id":',
  ',',
  '}',
  ']',
  '\n',
  '\xff',
  '"',
  '\\u0000',
  '1e999',
  '-1',
  '{"pid":1}',
  '{"exited":true,',
  '"exitcode":0',
  '"out-data":"AAAA"',
  '"signal":9',
  '{"__proto__":1}',
  ' ',
  '\r',
  '\0',
];

function noise(random: (below: number) => number, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let part = 0; part < length; part += 1) {
    const choice = random(4);
    parts.push(
      choice === 0
        ? Buffer.from(Array.from({ length: random(20) }, () => random(256)))
        : Buffer.from(FRAGMENTS[random(FRAGMENTS.length)] ?? '', 'latin1'),
    );
  }
  return Buffer.concat(parts);
}

function cut(random: (below: number) => number, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + 1 + random(40);
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}

const MESSAGES = [
  '{"return":{"pid":7},"id":3}',
  '{"return":{"exited":true,"exitcode":0,"out-data":"aGk="},"id":4}',
  '{"return":{"exited":true,"signal":9,"out-truncated":true}}',
  '{"id":5,"error":{"class":"GenericError","desc":"no"}}',
  '{"event":"SHUTDOWN","data":{"guest":true}}',
  '{"QMP":{"version":{}}}',
];

/** A message with some bytes changed, most often digits and punctuation that keep it JSON. */
function mutant(random: (below: number) => number): string {
  const bytes = Buffer.from(MESSAGES[random(MESSAGES.length)] ?? '');
  for (let changes = random(4); changes > 0; changes -= 1) {
    bytes[random(bytes.length)] = random(3) === 0 ? random(256) : 0x30 + random(10);
  }
  return bytes.toString('utf8');
}

function linesOf(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const parser = new LineParser(
    { maxLineBytes: 60 },
    (line) => seen.push(line),
    () => undefined,
  );
  for (const chunk of chunks) parser.push(chunk);
  return seen;
}

describe('the line parser', () => {
  it('gives the same lines however a stream is cut, none past the bound', () => {
    const random = generator(20261122);
    for (let round = 0; round < 2_000; round += 1) {
      const stream = noise(random, 40);
      const whole = linesOf([stream]);
      expect(linesOf(cut(random, stream))).toEqual(whole);
      // a byte that is no UTF-8 becomes a replacement character of three
      expect(whole.every((line) => Buffer.byteLength(line) <= 60 * 3)).toBe(true);
    }
  });
});

describe('the message parsers', () => {
  it('never throw, and give only what they promise', () => {
    const random = generator(4711);
    const understood = { messages: 0, pids: 0, statuses: 0 };
    for (let round = 0; round < 50_000; round += 1) {
      parseQmpMessage(noise(random, 3).toString('utf8'));
      const message = parseQmpMessage(mutant(random));
      if (message === undefined) continue;
      understood.messages += 1;
      if (message.type !== 'return') continue;
      const pid = parseExecStarted(message.value);
      if (pid !== undefined) understood.pids += 1;
      expect(pid === undefined || (Number.isSafeInteger(pid) && pid > 0)).toBe(true);
      const status = parseExecStatus(message.value);
      if (typeof status !== 'object') continue;
      understood.statuses += 1;
      expect(status.exitCode >= 0 && status.exitCode <= 255).toBe(true);
    }
    expect(Math.min(...Object.values(understood))).toBeGreaterThan(1_000);
  });
});

describe('the agent client', () => {
  it('survives a guest that answers noise, and works when it comes to its senses', async () => {
    const random = generator(99);
    for (let round = 0; round < 200; round += 1) {
      const socket = new FakeByteSocket();
      const agent = new AgentClient('vm', socket, () => 123_456);
      socket.receive(noise(random, 100));
      const ready = agent.waitReady({ signal: AbortSignal.timeout(5_000) });
      socket.receive(Buffer.concat([Buffer.of(0xff), Buffer.from('{"return":123456}\n')]));
      await ready;
      const ping = agent.ping({ timeoutMs: 5_000 });
      await Promise.resolve();
      while (socket.commands().at(-1)?.execute !== 'guest-ping') await Promise.resolve();
      socket.receive(noise(random, 100));
      socket.receive(Buffer.of(0xff));
      socket.answer({});
      await ping;
      agent.close();
    }
  });
});
