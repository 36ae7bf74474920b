import type { OutputStream } from '../../contract/index.js';
import type { OutputLog, SegmentInfo } from '../output/output-log.js';
import { countOn, countsOf, OutputDecoder } from '../output/output-record.js';
import type { OutputCounts, OutputRecord } from '../output/output-record.js';

/** `bytes` read from the log at once */
const READ_BYTES = 262_144;
const NOTHING: OutputCounts = { stdout: 0, stderr: 0 };
const NEWLINE = 0x0a;
const NEVER = new AbortController().signal;

/** A piece of what a session has written. */
export interface OutputPiece {
  readonly stream: OutputStream;
  /** `ms` since 1970, by the guest's clock */
  readonly atMs: number;
  readonly payload: Buffer;
}

/** The same, and the sizes that its terminal has had. */
export type ScreenPiece = OutputPiece | { readonly stream: 'size'; readonly payload: Buffer };

/** Where to begin. */
export interface OutputCursor {
  /** of a segment's first record, among the bytes of the log */
  readonly offset: number;
  /** of each stream, so many bytes since its beginning are left out */
  readonly from: OutputCounts;
}

interface Until {
  readonly over: AbortSignal | undefined;
  readonly signal: AbortSignal;
}

interface Placed {
  readonly record: OutputRecord;
  readonly before: OutputCounts;
}

/** Reads one log for one reader, at that reader's pace: what others read, or the session writes, does not wait for it. */
export class OutputReader {
  readonly #log: OutputLog;

  constructor(log: OutputLog) {
    this.#log = log;
  }

  /** All that is kept. */
  async beginning(): Promise<OutputCursor> {
    const offset = this.#log.segments[0]?.start ?? 0;
    return { offset, from: await this.#countsAt(offset) };
  }

  /** What is written from now on. */
  end(): OutputCursor {
    return { offset: this.#log.segments.at(-1)?.start ?? 0, from: this.#log.counts };
  }

  /** Behind what somebody has already. */
  async behind(from: OutputCounts): Promise<OutputCursor> {
    for (const { start } of this.#log.segments.toReversed()) {
      const counts = await this.#countsAt(start);
      if (counts.stdout <= from.stdout && counts.stderr <= from.stderr) return { offset: start, from };
    }
    return { ...(await this.beginning()), from };
  }

  /** What was written at this time, `ms` since 1970, or later. */
  async since(ms: number): Promise<OutputCursor> {
    for (const { start } of await this.#segmentsFrom(ms))
      for await (const { record, before } of this.#records(start))
        if (isOf(record, undefined) && record.atMs >= ms) return { offset: start, from: before };
    return this.end();
  }

  /** The last lines of one stream, or of both together in the order in which they were written. */
  async tail(lines: number, stream: OutputStream | undefined): Promise<OutputCursor> {
    if (lines === 0) return this.end();
    for (const { start } of this.#log.segments.toReversed()) {
      const found = await this.#tailFrom(start, lines, stream);
      if (found !== undefined) return found;
    }
    return this.beginning();
  }

  /**
   * Pieces from there on; goes on until `over` is aborted and all is read, or until `signal`. Not until then when `over` is
   * undefined: it ends with what there is.
   */
  async *pieces(cursor: OutputCursor, until: Until): AsyncGenerator<OutputPiece> {
    for await (const piece of this.screenPieces(cursor, until)) if (piece.stream !== 'size') yield piece;
  }

  /** As `pieces`, with what it takes to draw a screen. */
  async *screenPieces({ offset, from }: OutputCursor, until: Until): AsyncGenerator<ScreenPiece> {
    for await (const { record, before } of this.#records(offset, until)) {
      const { stream, atMs, payload } = record;
      if (stream === 'size') yield { stream, payload };
      if (stream === 'size' || stream === 'mark') continue;
      const known = Math.max(0, from[stream] - before[stream]);
      if (known < payload.length) yield { stream, atMs, payload: payload.subarray(known) };
    }
  }

  /** Undefined when there may be more of them before this segment. */
  async #tailFrom(
    start: number,
    lines: number,
    stream: OutputStream | undefined,
  ): Promise<OutputCursor | undefined> {
    // Read twice: what would be kept for one reading is all of a segment, for a guest that writes single bytes.
    const { newlines, isUnfinished } = await this.#linesFrom(start, stream);
    let skip = newlines + (isUnfinished ? 1 : 0) - lines;
    // whether a line begins at the beginning of a segment is not known
    if (skip <= 0) return undefined;
    for await (const { record, before } of this.#records(start)) {
      if (!isOf(record, stream)) continue;
      const own = countNewlines(record.payload);
      if (own >= skip) {
        const skipped = record.payload.subarray(0, behindNewline(record.payload, skip));
        return { offset: start, from: countOn(before, { ...record, payload: skipped }) };
      }
      skip -= own;
    }
    return undefined;
  }

  /** What there is from a segment on, to the end. */
  async #linesFrom(
    start: number,
    stream: OutputStream | undefined,
  ): Promise<{ newlines: number; isUnfinished: boolean }> {
    let newlines = 0;
    let last: number | undefined;
    for await (const { record } of this.#records(start)) {
      if (!isOf(record, stream)) continue;
      newlines += countNewlines(record.payload);
      last = record.payload.at(-1) ?? last;
    }
    return { newlines, isUnfinished: last !== undefined && last !== NEWLINE };
  }

  /** Those that may have something of this time or later: a segment that begins before it, and all after that. */
  async #segmentsFrom(ms: number): Promise<readonly SegmentInfo[]> {
    const { segments } = this.#log;
    for (let index = segments.length - 1; index > 0; index -= 1) {
      const { start } = segments[index] ?? { start: 0 };
      for await (const { record } of this.#records(start)) {
        if (record.atMs < ms) return segments.slice(index);
        break;
      }
    }
    return [...segments];
  }

  async #countsAt(segment: number): Promise<OutputCounts> {
    for await (const { record, before } of this.#records(segment))
      return record.stream === 'mark' ? countsOf(record) : before;
    return this.#log.counts;
  }

  /** @param offset of a segment's first record */
  async *#records(
    offset: number,
    { over, signal }: Until = { over: undefined, signal: NEVER },
  ): AsyncGenerator<Placed> {
    let decoder = new OutputDecoder();
    let before = NOTHING;
    let next = offset;
    while (!signal.aborted) {
      // Asked before reading: what is over has all been written.
      const isLast = over === undefined || over.aborted;
      const { offset: at, bytes, before: cutBehind } = await this.#log.read(next, READ_BYTES);
      if (bytes.length === 0) {
        if (isLast || this.#log.end < next) return;
        await this.#log.grown(next, AbortSignal.any([over, signal]));
        continue;
      }
      // what is between is gone; what follows begins with a mark, or is known to come behind so much
      if (at > next) decoder = new OutputDecoder();
      before = cutBehind ?? before;
      next = at + bytes.length;
      for (const record of decoder.push(bytes)) {
        yield { record, before };
        before = countOn(before, record);
      }
    }
  }
}

/** Whether a record is output: of this stream, or of any. */
function isOf({ stream }: OutputRecord, wanted: OutputStream | undefined): boolean {
  return wanted === undefined ? stream === 'stdout' || stream === 'stderr' : stream === wanted;
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

/** Where it goes on behind the n-th newline, counted from 1. */
function behindNewline(bytes: Buffer, n: number): number {
  let at = -1;
  for (let found = 0; found < n; found += 1) at = bytes.indexOf(NEWLINE, at + 1);
  return at + 1;
}
