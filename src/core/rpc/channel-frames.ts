import { ChannelProtocolError } from './rpc-errors.js';

/** Frame: u32 BE length of the payload, u8 type, payload. */
export const FRAME_TYPES = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  /** u8 stream: no more data on it */
  eof: 3,
  /** u8 stream, u32 BE `bytes` that the sender of the stream may send in addition */
  credit: 4,
  /** u16 BE columns, u16 BE rows */
  resize: 5,
  /** name of a signal, ASCII, without SIG: `INT` */
  signal: 6,
  /** JSON: {exitCode: number|null, signal: string|null, timedOut?: true} */
  exit: 7,
  /** JSON: the error member of a JSON-RPC response */
  error: 8,
} as const;

export type FrameType = (typeof FRAME_TYPES)[keyof typeof FRAME_TYPES];
export type StreamType = 0 | 1 | 2;

export interface Frame {
  readonly type: FrameType;
  readonly payload: Buffer;
}

export interface TerminalDimensions {
  readonly columns: number;
  readonly rows: number;
}

export interface ChannelExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** set when it was ended because its time was over */
  readonly timedOut?: true;
}

export const HEADER_BYTES = 5;
/** `bytes` of a payload; longer data is cut into several frames, a longer control frame is refused */
export const MAX_PAYLOAD_BYTES = 65_536;
const MAX_TYPE = FRAME_TYPES.error;

export function encodeHeader(type: FrameType, payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32BE(payloadBytes, 0);
  header.writeUInt8(type, 4);
  return header;
}

/** Cuts bytes into frames. Pull-style; holds no more than one frame beyond the last chunk. */
export class FrameDecoder {
  #chunk: Buffer = Buffer.alloc(0);
  #offset = 0;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** payload that comes in pieces */
  #payload: Buffer | undefined;
  #payloadBytes = 0;

  /** Every frame of the last chunk must have been taken with `next`. */
  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#offset = 0;
  }

  /** @throws ChannelProtocolError for an unknown type or an oversized frame; the decoder is useless after it */
  next(): Frame | undefined {
    if (!this.#readHeader()) return undefined;
    const length = this.#header.readUInt32BE(0);
    const type = this.#header.readUInt8(4);
    if (length > MAX_PAYLOAD_BYTES) throw new ChannelProtocolError(`a frame of ${length} bytes`);
    if (!isFrameType(type)) throw new ChannelProtocolError(`the unknown frame type ${type}`);
    const payload = this.#readPayload(length);
    if (payload === undefined) return undefined;
    this.#headerBytes = 0;
    return { type, payload };
  }

  #readHeader(): boolean {
    const count = Math.min(HEADER_BYTES - this.#headerBytes, this.#chunk.length - this.#offset);
    this.#chunk.copy(this.#header, this.#headerBytes, this.#offset, this.#offset + count);
    this.#headerBytes += count;
    this.#offset += count;
    return this.#headerBytes === HEADER_BYTES;
  }

  #readPayload(length: number): Buffer | undefined {
    const available = this.#chunk.length - this.#offset;
    if (this.#payload === undefined && available >= length) {
      const whole = this.#chunk.subarray(this.#offset, this.#offset + length);
      this.#offset += length;
      return whole;
    }
    this.#payload ??= Buffer.allocUnsafe(length);
    const count = Math.min(length - this.#payloadBytes, available);
    this.#chunk.copy(this.#payload, this.#payloadBytes, this.#offset, this.#offset + count);
    this.#payloadBytes += count;
    this.#offset += count;
    if (this.#payloadBytes < length) return undefined;
    const assembled = this.#payload;
    this.#payload = undefined;
    this.#payloadBytes = 0;
    return assembled;
  }
}

function isFrameType(type: number): type is FrameType {
  return type <= MAX_TYPE;
}

export function encodeCredit(stream: StreamType, bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(5);
  payload.writeUInt8(stream, 0);
  payload.writeUInt32BE(bytes, 1);
  return payload;
}

export function decodeCredit(payload: Buffer): { stream: StreamType; bytes: number } {
  if (payload.length !== 5) throw new ChannelProtocolError('a credit frame of the wrong length');
  return { stream: decodeStream(payload), bytes: payload.readUInt32BE(1) };
}

/** Stream that an eof or credit frame names in its first byte. */
export function decodeStream(payload: Buffer): StreamType {
  const stream = payload[0];
  if (stream !== 0 && stream !== 1 && stream !== 2) throw new ChannelProtocolError('an unknown stream');
  return stream;
}

export function encodeResize(size: TerminalDimensions): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt16BE(clampDimension(size.columns), 0);
  payload.writeUInt16BE(clampDimension(size.rows), 2);
  return payload;
}

export function decodeResize(payload: Buffer): TerminalDimensions {
  if (payload.length !== 4) throw new ChannelProtocolError('a resize frame of the wrong length');
  const size = { columns: payload.readUInt16BE(0), rows: payload.readUInt16BE(2) };
  if (size.columns === 0 || size.rows === 0) throw new ChannelProtocolError('a terminal without extent');
  return size;
}

/** A terminal may say 0×0 when it does not know its size; the guest is told 1×1 at least. */
function clampDimension(count: number): number {
  return Math.max(1, Math.min(65_535, Math.trunc(count)));
}

export function encodeSignal(name: string): Buffer {
  return Buffer.from(name.replace(/^SIG/, ''), 'ascii');
}

export function decodeSignal(payload: Buffer): string {
  const name = payload.toString('latin1');
  if (!/^[A-Z][A-Z0-9]{0,15}$/.test(name)) throw new ChannelProtocolError('a signal without a proper name');
  return name;
}

export function decodeExit(payload: Buffer): ChannelExit {
  const status = parseJson(payload) as Partial<ChannelExit> | null;
  const { exitCode = null, signal = null } = status ?? {};
  if (exitCode !== null && typeof exitCode !== 'number')
    throw new ChannelProtocolError('an exit code of no number');
  if (signal !== null && typeof signal !== 'string')
    throw new ChannelProtocolError('an exit signal without a name');
  return { exitCode, signal, ...(status?.timedOut === true && { timedOut: true }) };
}

export function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    throw new ChannelProtocolError('a control frame that is not JSON');
  }
}
