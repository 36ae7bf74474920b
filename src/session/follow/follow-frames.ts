import { FollowBrokenError } from '../session.errors.js';
import { CHUNK_BYTES } from '../guest/follower-program.js';

/** What the follower in a guest says (follower-program.ts). */
export type FollowFrame =
  | { readonly type: 'new'; readonly name: string; readonly payload: Buffer }
  | { readonly type: 'output'; readonly name: string; readonly offset: number; readonly payload: Buffer }
  | { readonly type: 'behind'; readonly name: string }
  | { readonly type: 'state'; readonly name: string; readonly lives: boolean; readonly payload: Buffer }
  | { readonly type: 'gone'; readonly name: string }
  | { readonly type: 'ready' };

const MAX_HEADER_BYTES = 128;
const NEWLINE = 0x0a;
const HEADER =
  /^(?:(R)|(G) (\w{1,64})|(B) (\w{1,64}) \d{1,15}|(N) (\w{1,64}) (\d{1,6})|(O) (\w{1,64}) (\d{1,15}) (\d{1,6})|(S) (\w{1,64}) ([01]) (\d{1,6}))$/;

/** Cuts what comes from a guest into frames; keeps no more than one. */
export class FollowDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws FollowBrokenError; the decoder is useless after it */
  *push(chunk: Buffer): Generator<FollowFrame> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(NEWLINE);
      if (end === -1 && bytes.length >= MAX_HEADER_BYTES) throw new FollowBrokenError();
      if (end === -1) break;
      const header = bytes.toString('latin1', 0, end);
      const length = payloadBytes(header);
      if (bytes.length < end + 1 + length) break;
      const payload = bytes.subarray(end + 1, end + 1 + length);
      bytes = bytes.subarray(end + 1 + length);
      yield frameOf(header, payload);
    }
    this.#rest = Buffer.from(bytes);
  }
}

function payloadBytes(header: string): number {
  const match = HEADER.exec(header);
  const length = Number(match?.[8] ?? match?.[12] ?? match?.[16] ?? 0);
  if (match === null || length > CHUNK_BYTES) throw new FollowBrokenError();
  return length;
}

function frameOf(header: string, payload: Buffer): FollowFrame {
  const [type, name = '', third = ''] = header.split(' ');
  switch (type) {
    case 'R':
      return { type: 'ready' };
    case 'G':
      return { type: 'gone', name };
    case 'B':
      return { type: 'behind', name };
    case 'N':
      return { type: 'new', name, payload };
    case 'O':
      return { type: 'output', name, offset: Number(third), payload };
    default:
      return { type: 'state', name, lives: third === '1', payload };
  }
}
