import { appendFileSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { invariant } from '../../core/errors/index.js';
import { OutputDamagedError } from '../session.errors.js';
import type { OutputLog, OutputPart } from './output-log.js';
import { countOn, countsOf, takeRecord } from './output-record.js';
import type { OutputCounts, OutputRecord } from './output-record.js';
import { fileOf, MAX_SEGMENTS, segmentBytes, segmentOf } from './segment.js';
import type { Segment } from './segment.js';

export const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** `bytes` read at once to find where the records of a segment end */
const SCAN_BYTES = 1 << 20;
/** `bytes` that are copied into the page cache at once */
const SMALL_BYTES = 4096;
const NO_BYTES: OutputPart = { offset: 0, bytes: Buffer.alloc(0) };
const NOTHING: OutputCounts = { stdout: 0, stderr: 0 };

export interface Limits {
  readonly maxBytes: number;
}

/** In files that are alike those in the guest, as long as that keeps to its bounds. */
export class FileOutputLog implements OutputLog {
  readonly segments: Segment[] = [];
  counts = NOTHING;
  dropped = 0;
  end = 0;
  readonly #directory: string;
  readonly #limits: Limits;
  #writing: FileHandle | undefined;
  /** what was written last: who follows needs no file for it, which is felt in an echo */
  #latest = NO_BYTES;
  readonly #waiting = new Set<() => void>();

  constructor(directory: string, limits: Limits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** Takes up what there is on disk. */
  async load(): Promise<void> {
    const names = await namesIn(this.#directory);
    const found = names.flatMap((name) => segmentOf(name) ?? []).toSorted((a, b) => a.start - b.start);
    for (const segment of found) {
      const { size } = await stat(this.#path(segment));
      this.segments.push({ ...segment, end: segment.start + size });
    }
    // Where nothing of the last one is whole, the one before is the last.
    for (let last = this.segments.at(-1); last !== undefined; last = this.segments.at(-1)) {
      const { end, counts } = await this.#scan(last);
      this.end = Math.max(this.end, end);
      if (end !== last.end) await truncate(this.#path(last), end - last.start);
      last.end = end;
      this.counts = counts;
      if (last.start !== end) break;
      await this.#giveUp(last);
    }
    await this.#countDropped();
  }

  async append(records: readonly OutputRecord[]): Promise<void> {
    let batch: OutputRecord[] = [];
    let bytes = 0;
    for (const record of records) {
      if (record.stream === 'mark' || this.#isFull(bytes)) {
        await this.#write(batch);
        batch = [];
        bytes = 0;
        await this.#turn(record);
      }
      batch.push(record);
      bytes += record.bytes.length;
    }
    await this.#write(batch);
    this.#tell();
  }

  skipTo(offset: number): void {
    this.end = offset;
  }

  async reset(): Promise<void> {
    const gone = [...this.segments];
    await this.abandon();
    for (const segment of gone) await rm(this.#path(segment), { force: true });
  }

  /** As after a reset, with its files left to somebody else. */
  async abandon(): Promise<void> {
    await this.close();
    this.segments.length = 0;
    this.counts = NOTHING;
    this.dropped = 0;
    this.end = 0;
    this.#tell();
  }

  async read(offset: number, maxBytes: number): Promise<OutputPart> {
    for (;;) {
      const segment = this.segments.find(({ end }) => end > offset);
      if (segment === undefined) return { offset, bytes: Buffer.alloc(0) };
      const from = Math.max(offset, segment.start);
      const bytes =
        this.#latestFrom(from)?.subarray(0, maxBytes) ?? (await this.#fromFile(segment, from, maxBytes));
      if (bytes !== undefined)
        return { offset: from, bytes, before: from === segment.start ? segment.before : undefined };
      // It gave way between the look at the list and the opening of it, or somebody else has taken it away.
      const index = this.segments.indexOf(segment);
      if (index !== -1) this.segments.splice(index, 1);
    }
  }

  async grown(offset: number, signal: AbortSignal): Promise<void> {
    // What was skipped to is not there yet.
    const readable = this.segments.at(-1)?.end ?? 0;
    if (readable > offset || this.end < offset || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  async close(): Promise<void> {
    const handle = this.#writing;
    this.#writing = undefined;
    this.#latest = NO_BYTES;
    await handle?.close();
  }

  /** In one call: a million short lines are a million records. */
  async #write(records: readonly OutputRecord[]): Promise<void> {
    if (records.length === 0) return;
    const segment = this.segments.at(-1);
    invariant(segment !== undefined, 'output is written to a segment');
    const bytes = Buffer.concat(records.map((record) => record.bytes));
    // before any of it is written: a mark may have none
    const counts = records.reduce(countOn, this.counts);
    this.#writing ??= await open(this.#path(segment), 'a', FILE_MODE);
    try {
      // an echo is waited for: the way over the thread pool takes it a third of a millisecond
      if (bytes.length <= SMALL_BYTES) appendFileSync(this.#writing.fd, bytes);
      else await this.#writing.appendFile(bytes);
    } catch (error) {
      // a full disk takes a part
      await this.close();
      await truncate(this.#path(segment), segment.end - segment.start).catch(() => undefined);
      throw error;
    }
    this.counts = counts;
    segment.end += bytes.length;
    this.end = segment.end;
    this.#latest = { offset: this.end - bytes.length, bytes };
  }

  /** Undefined when it is gone. */
  async #fromFile(segment: Segment, from: number, maxBytes: number): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafe(Math.min(maxBytes, segment.end - from));
    const handle = await open(this.#path(segment), 'r').catch(ignoreMissing);
    if (handle === undefined) return undefined;
    try {
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, from - segment.start);
      return bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  #latestFrom(offset: number): Buffer | undefined {
    const { offset: start, bytes } = this.#latest;
    return offset >= start && offset < start + bytes.length ? bytes.subarray(offset - start) : undefined;
  }

  /** Whether nothing more goes to the last segment. @param more `bytes` that are still to be written there */
  #isFull(more: number): boolean {
    const last = this.segments.at(-1);
    if (last?.end !== this.end) return true;
    return last.end - last.start + more >= segmentBytes(this.#limits.maxBytes);
  }

  /** @param record the first of the new segment; one that is no mark goes on where the last one ends */
  async #turn(record: OutputRecord): Promise<void> {
    const last = this.segments.at(-1);
    const before = record.stream === 'mark' ? undefined : this.counts;
    if (before !== undefined && last?.end !== this.end)
      throw new OutputDamagedError('a segment without a mark');
    const marked = before ?? countsOf(record);
    await this.close();
    // what is left of a turn that a full disk did not allow
    if (last !== undefined && last.start === last.end) await this.#giveUp(last);
    if (this.segments.length === 0) await mkdir(this.#directory, { recursive: true, mode: DIRECTORY_MODE });
    const segment: Segment = { start: this.end, end: this.end, before };
    this.segments.push(segment);
    if (await this.#dropOldest()) await this.#countDropped();
    // what an adapter of before left at this offset was cut off, but may be there
    this.#writing = await open(this.#path(segment), 'w', FILE_MODE);
    if (this.segments.length === 1) this.#setDropped(marked);
  }

  /** As many as it takes to keep to the bounds. @returns whether there were such */
  async #dropOldest(): Promise<boolean> {
    const had = this.segments.length;
    let total = this.segments.reduce((sum, { start, end }) => sum + end - start, 0);
    while (total > this.#limits.maxBytes || this.segments.length > MAX_SEGMENTS) {
      const oldest = this.segments.length > 1 ? this.segments.shift() : undefined;
      if (oldest === undefined) break;
      total -= oldest.end - oldest.start;
      await rm(this.#path(oldest), { force: true });
    }
    return this.segments.length < had;
  }

  /** The last one, of which there is nothing. */
  async #giveUp(segment: Segment): Promise<void> {
    this.segments.pop();
    await rm(this.#path(segment), { force: true });
  }

  async #countDropped(): Promise<void> {
    const first = this.segments[0];
    if (first === undefined) return;
    if (first.before !== undefined) return this.#setDropped(first.before);
    const { bytes } = await this.read(first.start, SCAN_BYTES);
    const record = takeRecord(bytes);
    if (record?.stream === 'mark') this.#setDropped(countsOf(record));
  }

  #setDropped({ stdout, stderr }: OutputCounts): void {
    this.dropped = stdout + stderr;
  }

  /** Where the whole records of a segment end, and the counts there. What is damaged ends it as well. */
  async #scan(segment: Segment): Promise<{ end: number; counts: OutputCounts }> {
    let end = segment.start;
    let counts = segment.before ?? NOTHING;
    for (;;) {
      const { bytes } = await this.read(end, SCAN_BYTES);
      let rest = bytes;
      try {
        for (let record = takeRecord(rest); record !== undefined; record = takeRecord(rest)) {
          counts = countOn(counts, record);
          end += record.bytes.length;
          rest = rest.subarray(record.bytes.length);
        }
      } catch {
        return { end, counts };
      }
      if (rest.length === bytes.length) return { end, counts };
    }
  }

  #path(segment: Pick<Segment, 'start' | 'before'>): string {
    return `${this.#directory}/${fileOf(segment)}`;
  }

  #tell(): void {
    for (const done of [...this.#waiting]) done();
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(ignoreMissing)) ?? [];
}

export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
