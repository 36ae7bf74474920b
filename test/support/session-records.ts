import { OutputDecoder } from '../../src/session/output/output-record.js';
import type { OutputRecord, RecordStream } from '../../src/session/output/output-record.js';

const STREAMS: readonly RecordStream[] = ['mark', 'stdout', 'stderr', 'size'];

/** A record as the keeper of a session writes it. */
export function recordBytes(
  stream: RecordStream,
  payload: Buffer | string,
  atMs = 1_700_000_000_000,
): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from(`${atMs} ${STREAMS.indexOf(stream)} ${bytes.length}\n`), bytes]);
}

/** The records in these bytes, which hold nothing else. */
export function recordsIn(...bytes: Buffer[]): OutputRecord[] {
  return [...new OutputDecoder().push(Buffer.concat(bytes))];
}

/** What a session writes, cut into segments as its keeper does it: with a mark at the beginning of each. */
export class Writing {
  readonly #counts = { stdout: 0, stderr: 0 };
  #atMs = 1_700_000_000_000;

  mark(): OutputRecord {
    return this.#record('mark', `${this.#counts.stdout} ${this.#counts.stderr}`);
  }

  out(text: Buffer | string, atMs?: number): OutputRecord {
    return this.#written('stdout', text, atMs);
  }

  err(text: Buffer | string, atMs?: number): OutputRecord {
    return this.#written('stderr', text, atMs);
  }

  size(rows: number, columns: number): OutputRecord {
    return this.#record('size', `${rows} ${columns}`);
  }

  #written(stream: 'stdout' | 'stderr', text: Buffer | string, atMs?: number): OutputRecord {
    if (atMs !== undefined) this.#atMs = atMs;
    this.#counts[stream] += Buffer.byteLength(text);
    return this.#record(stream, text);
  }

  /** Each a millisecond after the one before, unless a time is given. */
  #record(stream: RecordStream, payload: Buffer | string): OutputRecord {
    const [record] = recordsIn(recordBytes(stream, payload, this.#atMs));
    this.#atMs += 1;
    if (record === undefined) throw new Error('a record is whole');
    return record;
  }
}
