import type { OutputLog } from '../../../src/session/output/output-log.js';
import { countOn, countsOf } from '../../../src/session/output/output-record.js';
import type { OutputCounts, OutputRecord } from '../../../src/session/output/output-record.js';

interface Segment {
  readonly start: number;
  end: number;
  readonly bytes: Buffer[];
}

const NOTHING: OutputCounts = { stdout: 0, stderr: 0 };

/** A session's output in memory. */
export class MemoryOutputLog implements OutputLog {
  readonly segments: Segment[] = [];
  counts = NOTHING;
  dropped = 0;
  end = 0;
  readonly #waiting = new Set<() => void>();

  /** @param readBytes that are read at once, at most */
  constructor(private readonly readBytes = Infinity) {}

  append(records: readonly OutputRecord[]): Promise<void> {
    for (const record of records) {
      if (record.stream === 'mark') this.segments.push({ start: this.end, end: this.end, bytes: [] });
      const segment = this.segments.at(-1);
      if (segment === undefined) throw new Error('a log begins with a mark');
      segment.bytes.push(record.bytes);
      segment.end += record.bytes.length;
      this.end = segment.end;
      this.counts = countOn(this.counts, record);
      if (this.segments.length === 1 && record.stream === 'mark') this.#setDropped(record);
    }
    this.#tell();
    return Promise.resolve();
  }

  skipTo(offset: number): void {
    this.end = offset;
  }

  reset(): Promise<void> {
    this.segments.length = 0;
    this.counts = NOTHING;
    this.dropped = 0;
    this.end = 0;
    this.#tell();
    return Promise.resolve();
  }

  read(offset: number, maxBytes: number): Promise<{ offset: number; bytes: Buffer }> {
    const segment = this.segments.find(({ end }) => end > offset);
    if (segment === undefined) return Promise.resolve({ offset, bytes: Buffer.alloc(0) });
    const from = Math.max(offset, segment.start);
    const at = from - segment.start;
    const bytes = Buffer.concat(segment.bytes).subarray(at, at + Math.min(maxBytes, this.readBytes));
    return Promise.resolve({ offset: from, bytes });
  }

  async grown(offset: number, signal: AbortSignal): Promise<void> {
    const readable = this.segments.at(-1)?.end ?? 0;
    if (readable > offset || this.end < offset || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** The oldest segment gives way. */
  dropOldest(): void {
    this.segments.shift();
    const [mark] = this.segments[0]?.bytes ?? [];
    if (mark === undefined) return;
    const payload = mark.subarray(mark.indexOf('\n') + 1);
    this.#setDropped({ stream: 'mark', atMs: 0, payload, bytes: mark });
  }

  /** How many wait for more. */
  get waiting(): number {
    return this.#waiting.size;
  }

  #setDropped(mark: OutputRecord): void {
    const { stdout, stderr } = countsOf(mark);
    this.dropped = stdout + stderr;
  }

  #tell(): void {
    for (const done of [...this.#waiting]) done();
  }
}
