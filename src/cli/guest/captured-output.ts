import type { Readable } from 'node:stream';

/** `bytes` of each stream that --json keeps */
export const CAPTURE_LIMIT = 16 * 1024 * 1024;

export interface CaptureView {
  stdout: string;
  stderr: string;
  /** whether something was left out because it went past 16 MiB */
  stdoutTruncated: boolean;
  stderrTruncated: boolean;
}

/** The beginning of a stream, up to a limit; the rest is read and dropped, so that the guest is not held up. */
export class CapturedOutput {
  readonly ended: Promise<void>;
  truncated = false;
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(source: Readable, limit = CAPTURE_LIMIT) {
    source.on('data', (chunk: Buffer) => {
      const room = limit - this.bytes;
      if (chunk.length > room) this.truncated = true;
      if (room <= 0) return;
      const kept = chunk.subarray(0, room);
      this.chunks.push(kept);
      this.bytes += kept.length;
    });
    this.ended = new Promise((resolve) => {
      for (const event of ['end', 'close', 'error']) source.once(event, () => resolve());
    });
  }

  /** as UTF-8; bytes that are none become U+FFFD */
  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }
}
