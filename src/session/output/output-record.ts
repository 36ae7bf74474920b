import { OutputDamagedError } from '../session.errors.js';

/** `bytes` of one record's payload, as the keeper in the guest cuts them */
const MAX_PAYLOAD_BYTES = 65_536;
/** `1795776218990 1 65536\n` */
const MAX_HEADER_BYTES = 48;
const NEWLINE = 0x0a;

/** `mark`: at the beginning of each segment, how much of both streams came before it. `size`: of the terminal, from here on. */
export type RecordStream = 'mark' | 'stdout' | 'stderr' | 'size';
const STREAMS: readonly RecordStream[] = ['mark', 'stdout', 'stderr', 'size'];

/** `bytes` of each stream since its beginning */
export interface OutputCounts {
  readonly stdout: number;
  readonly stderr: number;
}

export interface OutputRecord {
  readonly stream: RecordStream;
  /** `ms` since 1970, by the guest's clock when it was written */
  readonly atMs: number;
  readonly payload: Buffer;
  /** with its header, as it came */
  readonly bytes: Buffer;
}

/**
 * Cuts a session's output into records (keeper-program.ts says what they look like). What comes is a guest's: nothing of it
 * is kept beyond one record, and what is none ends the decoding.
 */
export class OutputDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** `bytes` given that belong to a record which is not whole yet */
  get pendingBytes(): number {
    return this.#rest.length;
  }

  /** The records that are whole now. @throws OutputDamagedError; the decoder is useless after it */
  *push(chunk: Buffer): Generator<OutputRecord> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const record = takeRecord(bytes);
      if (record === undefined) break;
      bytes = bytes.subarray(record.bytes.length);
      this.#rest = bytes;
      yield record;
    }
    // a copy, lest a few bytes keep a whole chunk
    this.#rest = Buffer.from(bytes);
  }
}

/** The first record, when it is whole. @throws OutputDamagedError */
export function takeRecord(bytes: Buffer): OutputRecord | undefined {
  const headerEnd = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(NEWLINE);
  if (headerEnd === -1) {
    if (bytes.length >= MAX_HEADER_BYTES) throw new OutputDamagedError('a record without a beginning');
    return undefined;
  }
  const header = /^(\d{1,15}) ([0-3]) (\d{1,6})$/.exec(bytes.toString('latin1', 0, headerEnd));
  const length = Number(header?.[3]);
  if (header === null || length > MAX_PAYLOAD_BYTES)
    throw new OutputDamagedError('the beginning of a record that is none');
  const start = headerEnd + 1;
  if (bytes.length < start + length) return undefined;
  const stream = STREAMS[Number(header[2])] ?? 'mark';
  return {
    stream,
    atMs: Number(header[1]),
    payload: bytes.subarray(start, start + length),
    bytes: bytes.subarray(0, start + length),
  };
}

/** What a mark says. @throws OutputDamagedError */
export function countsOf({ payload }: OutputRecord): OutputCounts {
  const counts = /^(\d{1,15}) (\d{1,15})$/.exec(payload.toString('latin1', 0, 64));
  if (counts === null) throw new OutputDamagedError('a mark without counts');
  return { stdout: Number(counts[1]), stderr: Number(counts[2]) };
}

/** The counts behind a record. @throws OutputDamagedError */
export function countOn(counts: OutputCounts, record: OutputRecord): OutputCounts {
  if (record.stream === 'mark') return countsOf(record);
  if (record.stream === 'size') return counts;
  return { ...counts, [record.stream]: counts[record.stream] + record.payload.length };
}

/** What a record of a size says; undefined when that is none. */
export function sizeOf({
  payload,
}: Pick<OutputRecord, 'payload'>): { rows: number; columns: number } | undefined {
  const size = /^(\d{1,5}) (\d{1,5})$/.exec(payload.toString('latin1', 0, 16));
  const [rows, columns] = [Number(size?.[1]), Number(size?.[2])];
  return rows > 0 && columns > 0 ? { rows, columns } : undefined;
}
