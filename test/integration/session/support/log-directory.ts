import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileOutputLogs } from '../../../../src/session/output/output-logs.adapter.js';
import type { OutputLog } from '../../../../src/session/output/output-log.js';

export const MUCH = { maxBytes: 1 << 30 };

/** Where the log of one session lies. */
export class LogDirectory {
  readonly root = mkdtempSync(join(tmpdir(), 'bgr-olog-'));
  readonly path = join(this.root, 'sessions/ses_a');
  readonly #opened: FileOutputLogs[] = [];

  /** Those of another daemon. */
  logs(): FileOutputLogs {
    const logs = new FileOutputLogs();
    this.#opened.push(logs);
    return logs;
  }

  /** As a daemon finds it that starts now. */
  open(limits = MUCH): Promise<OutputLog> {
    return this.logs().open(this.path, limits);
  }

  /** The file that is written to. */
  get lastFile(): string {
    return join(this.path, readdirSync(this.path).toSorted().at(-1) ?? '');
  }

  async close(): Promise<void> {
    for (const logs of this.#opened) await logs.rest(this.path);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** All bytes that it keeps. */
export async function bytesOf(log: OutputLog): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = log.segments[0]?.start ?? 0; ;) {
    const { offset, bytes } = await log.read(at, 1000);
    if (bytes.length === 0) return Buffer.concat(parts);
    parts.push(bytes);
    at = offset + bytes.length;
  }
}

/** What it says of itself, and what can be read of it. */
export async function factsOf(log: OutputLog): Promise<unknown> {
  const { end, counts, dropped } = log;
  return {
    end,
    counts,
    dropped,
    segments: [...log.segments],
    bytes: (await bytesOf(log)).toString('latin1'),
  };
}
