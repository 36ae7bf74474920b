import { expect, it } from 'vitest';
import {
  decodeCredit,
  decodeExit,
  decodeResize,
  decodeSignal,
  encodeHeader,
  FrameDecoder,
  MAX_PAYLOAD_BYTES,
} from '../../../src/core/rpc/channel-frames.js';
import type { Frame, FrameType } from '../../../src/core/rpc/channel-frames.js';
import { ChannelProtocolError } from '../../../src/core/rpc/rpc-errors.js';
import { Random } from './random.js';

function drain(decoder: FrameDecoder): Frame[] {
  const frames: Frame[] = [];
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
  return frames;
}

it('finds the same frames however the bytes are cut (5,000 streams, seed 1)', () => {
  const random = new Random(1);
  for (let round = 0; round < 5_000; round += 1) {
    const frames = Array.from({ length: random.below(8) }, () => {
      const size = random.below(20) === 0 ? MAX_PAYLOAD_BYTES : random.below(300);
      return { type: random.below(9) as FrameType, payload: Buffer.alloc(size, random.below(256)) };
    });
    const stream = Buffer.concat(
      frames.flatMap(({ type, payload }) => [encodeHeader(type, payload.length), payload]),
    );
    const decoder = new FrameDecoder();
    const found: Frame[] = [];
    for (const piece of random.cut(stream, random.pick([2, 64, 100_000]))) {
      decoder.push(piece);
      found.push(...drain(decoder));
    }
    expect(found.length).toBe(frames.length);
    expect(
      found.every(
        (frame, index) => frame.type === frames[index]?.type && frame.payload.equals(frames[index].payload),
      ),
    ).toBe(true);
  }
});

it('answers random bytes with frames or with its own error, nothing else (50,000 streams, seed 2)', () => {
  const random = new Random(2);
  let refused = 0;
  for (let round = 0; round < 50_000; round += 1) {
    const bytes = random.bytes(random.below(60));
    if (random.below(2) === 0 && bytes.length > 3) bytes.fill(0, 0, 3);
    const decoder = new FrameDecoder();
    try {
      for (const piece of random.cut(bytes, 30)) {
        decoder.push(piece);
        for (const frame of drain(decoder))
          expect(frame.payload.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(ChannelProtocolError);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(10_000);
});

it.each([
  ['credit', decodeCredit],
  ['resize', decodeResize],
  ['signal', decodeSignal],
  ['exit', decodeExit],
] as const)('a random %s payload is read or refused (20,000 payloads, seed 3)', (_name, decode) => {
  const random = new Random(3);
  for (let round = 0; round < 20_000; round += 1) {
    const json = random.pick([
      'null',
      '{}',
      '{"exitCode":1}',
      '{"exitCode":"1"}',
      '[]',
      '7',
      '{"signal":{}}',
      'x',
    ]);
    const payload = random.below(2) === 0 ? random.bytes(random.below(8)) : Buffer.from(json);
    try {
      decode(payload);
    } catch (error) {
      expect(error).toBeInstanceOf(ChannelProtocolError);
    }
  }
});
