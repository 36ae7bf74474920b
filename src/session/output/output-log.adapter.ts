import { appendFileSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { segmentName, segmentStart } from '../guest/program.js';
import { OutputDamagedError } from '../session.errors.js';
import { OutputLogs } from './output-log.js';
import type { OutputLog } from './output-log.js';
import { countOn, countsOf, takeRecord } from './output-record.js';
import type { OutputCounts, OutputRecord } from './output-record.js';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** `bytes` read at once to find where the records of a segment end */
const SCAN_BYTES = 1 << 20;
/** `bytes` that are copied into the page cache at once */
const SMALL_BYTES = 4096;
const NO_BYTES = { offset: 0, bytes: Buffer.alloc(0) };
const NOTHING: OutputCounts = { stdout: 0, stderr: 0 };

interface Segment {
  readonly start: number;
  end: number;
}

interface Limits {
  readonly maxBytes: number;
}

/** In files that are alike those in the guest: `output.` and the offset of the first byte. */
class FileOutputLog implements OutputLog {
  readonly segments: Segment[] = [];
  counts = NOTHING;
  dropped = 0;
  end = 0;
  readonly #directory: string;
  readonly #limits: Limits;
  #writing: FileHandle | undefined;
  /** what was written last: who follows needs no file for it, which is felt in an echo */
  #latest: { offset: number; bytes: Buffer } = NO_BYTES;
  readonly #waiting = new Set<() => void>();

  constructor(directory: string, limits: Limits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** Takes up what there is on disk. */
  async load(): Promise<void> {
    const names = await namesIn(this.#directory);
    const starts = names.flatMap((name) => segmentStart(name) ?? []).toSorted((a, b) => a - b);
    for (const start of starts) {
      const { size } = await stat(this.#path(start));
      this.segments.push({ start, end: start + size });
    }
    // Where nothing of the last one is whole, the one before is the last.
    for (let last = this.segments.at(-1); last !== undefined; last = this.segments.at(-1)) {
      const { end, counts } = await this.#scan(last);
      this.end = Math.max(this.end, end);
      if (end !== last.end) await truncate(this.#path(last.start), end - last.start);
      last.end = end;
      this.counts = counts;
      if (last.start !== end) break;
      await this.#giveUp(last);
    }
    await this.#countDropped();
  }

  async append(records: readonly OutputRecord[]): Promise<void> {
    let batch: OutputRecord[] = [];
    for (const record of records) {
      if (record.stream === 'mark' || this.segments.length === 0) {
        await this.#write(batch);
        batch = [];
        await this.#turn(record);
      }
      batch.push(record);
    }
    await this.#write(batch);
    this.#tell();
  }

  skipTo(offset: number): void {
    this.end = offset;
  }

  async reset(): Promise<void> {
    await this.close();
    for (const { start } of this.segments.splice(0)) await rm(this.#path(start), { force: true });
    this.counts = NOTHING;
    this.dropped = 0;
    this.end = 0;
    this.#tell();
  }

  async read(offset: number, maxBytes: number): Promise<{ offset: number; bytes: Buffer }> {
    const segment = this.segments.find(({ end }) => end > offset);
    if (segment === undefined) return { offset, bytes: Buffer.alloc(0) };
    const from = Math.max(offset, segment.start);
    const latest = this.#latestFrom(from);
    if (latest !== undefined) return { offset: from, bytes: latest.subarray(0, maxBytes) };
    const bytes = Buffer.allocUnsafe(Math.min(maxBytes, segment.end - from));
    const position = from - segment.start;
    const handle = await open(this.#path(segment.start), 'r').catch(ignoreMissing);
    // gone between the look at the list and the opening of it
    if (handle === undefined) return { offset, bytes: Buffer.alloc(0) };
    try {
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
      return { offset: from, bytes: bytes.subarray(0, bytesRead) };
    } finally {
      await handle.close();
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
    const segment = this.#last;
    const bytes = Buffer.concat(records.map((record) => record.bytes));
    this.#writing ??= await open(this.#path(segment.start), 'a', FILE_MODE);
    try {
      // an echo is waited for: the way over the thread pool takes it a third of a millisecond
      if (bytes.length <= SMALL_BYTES) appendFileSync(this.#writing.fd, bytes);
      else await this.#writing.appendFile(bytes);
    } catch (error) {
      // a full disk takes a part
      await this.close();
      await truncate(this.#path(segment.start), segment.end - segment.start).catch(() => undefined);
      throw error;
    }
    for (const record of records) {
      this.counts = countOn(this.counts, record);
      segment.end += record.bytes.length;
    }
    this.end = segment.end;
    this.#latest = { offset: this.end - bytes.length, bytes };
  }

  #latestFrom(offset: number): Buffer | undefined {
    const { offset: start, bytes } = this.#latest;
    return offset >= start && offset < start + bytes.length ? bytes.subarray(offset - start) : undefined;
  }

  get #last(): Segment {
    const last = this.segments.at(-1);
    if (last === undefined) throw new OutputDamagedError('output without a beginning');
    return last;
  }

  /** @param record the first of the new segment */
  async #turn(record: OutputRecord): Promise<void> {
    if (record.stream !== 'mark') throw new OutputDamagedError('a segment without a mark');
    await this.close();
    const before = this.segments.at(-1);
    // what is left of a turn that a full disk did not allow
    if (before !== undefined && before.start === before.end) await this.#giveUp(before);
    if (this.segments.length === 0) await mkdir(this.#directory, { recursive: true, mode: DIRECTORY_MODE });
    this.segments.push({ start: this.end, end: this.end });
    let total = this.segments.reduce((sum, { start, end }) => sum + end - start, 0);
    let isLess = false;
    while (total > this.#limits.maxBytes && this.segments.length > 1) {
      const oldest = this.segments.shift();
      if (oldest === undefined) break;
      total -= oldest.end - oldest.start;
      await rm(this.#path(oldest.start), { force: true });
      isLess = true;
    }
    if (isLess) await this.#countDropped();
    // what an adapter of before left at this offset was cut off, but may be there
    this.#writing = await open(this.#path(this.end), 'w', FILE_MODE);
    if (this.segments.length === 1) this.#setDropped(countsOf(record));
  }

  /** The last one, of which there is nothing. */
  async #giveUp({ start }: Segment): Promise<void> {
    this.segments.pop();
    await rm(this.#path(start), { force: true });
  }

  async #countDropped(): Promise<void> {
    const first = this.segments[0];
    if (first === undefined) return;
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
    let counts = NOTHING;
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

  #path(start: number): string {
    return `${this.#directory}/${segmentName(start)}`;
  }

  #tell(): void {
    for (const done of [...this.#waiting]) done();
  }
}

@Injectable()
export class FileOutputLogs extends OutputLogs {
  readonly #logs = new Map<string, Promise<FileOutputLog>>();

  override async open(directory: string, limits: Limits): Promise<OutputLog> {
    let log = this.#logs.get(directory);
    if (log === undefined) {
      log = this.#load(directory, limits);
      this.#logs.set(directory, log);
      log.catch(() => this.#logs.delete(directory));
    }
    return log;
  }

  override async rest(directory: string): Promise<void> {
    await (await this.#logs.get(directory))?.close();
  }

  override async remove(directory: string): Promise<void> {
    await this.rest(directory);
    this.#logs.delete(directory);
    await rm(directory, { recursive: true, force: true });
  }

  override async makeParent(parent: string): Promise<void> {
    await mkdir(parent, { recursive: true, mode: DIRECTORY_MODE });
  }

  override async exists(path: string): Promise<boolean> {
    return (await stat(path).catch(ignoreMissing)) !== undefined;
  }

  override forget(parent: string): void {
    for (const [directory, log] of this.#logs) {
      if (!directory.startsWith(`${parent}/`)) continue;
      this.#logs.delete(directory);
      void log.then((opened) => opened.close()).catch(() => undefined);
    }
  }

  async #load(directory: string, limits: Limits): Promise<FileOutputLog> {
    const log = new FileOutputLog(directory, limits);
    await log.load();
    return log;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(ignoreMissing)) ?? [];
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
