import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { BoundedOutput, LineSplitter, OutputTail } from './output-collector.js';
import type { ExitStatus, RunRequest } from './process-runner.js';

export const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
export const STDERR_TAIL_BYTES = 8 * 1024;
const MAX_LINE_BYTES = 4 * 1024;
/** silence after `exit` that ends the wait for output: whoever still holds the pipe then is a background child */
const DRAIN_IDLE_MS = 100;
const DRAIN_LIMIT_MS = 2_000;

/** Gathers the output of a child. */
export class ChildOutput {
  readonly stdout: BoundedOutput;
  readonly stderr = new OutputTail(STDERR_TAIL_BYTES);
  readonly #streams: Readable[] = [];
  readonly #splitters: LineSplitter[] = [];
  #received = 0;
  #open = 0;

  constructor(child: ChildProcess, request: RunRequest, onOverflow: () => void) {
    const { maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES, discardOutput = false } = request;
    this.stdout = new BoundedOutput(maxOutputBytes, !discardOutput);
    this.#read(child.stdout, this.#lines(request, 'stdout'), (chunk) => {
      this.stdout.push(chunk);
      if (this.stdout.overflowed) onOverflow();
    });
    this.#read(child.stderr, this.#lines(request, 'stderr'), (chunk) => this.stderr.push(chunk));
  }

  /** After `exit`: waits until the pipes are closed or silent, then lets go of them. */
  async drain(): Promise<void> {
    const deadline = performance.now() + DRAIN_LIMIT_MS;
    while (this.#open > 0 && performance.now() < deadline) {
      const before = this.#received;
      await this.#closedOrIdle();
      // A blocked event loop fires the timer before it has read what is there; one more turn reads it.
      await nextTurn();
      if (this.#received === before) break;
    }
    for (const stream of this.#streams) stream.destroy();
    for (const splitter of this.#splitters) splitter.end();
  }

  async #closedOrIdle(): Promise<void> {
    const deadline = performance.now() + DRAIN_IDLE_MS;
    while (this.#open > 0 && performance.now() < deadline) await delay(Math.min(5, DRAIN_IDLE_MS));
  }

  #lines(request: RunRequest, name: 'stdout' | 'stderr'): LineSplitter | undefined {
    const { onLine } = request;
    if (onLine === undefined) return undefined;
    const splitter = new LineSplitter(MAX_LINE_BYTES, (line) => onLine(line, name));
    this.#splitters.push(splitter);
    return splitter;
  }

  #read(stream: Readable | null, lines: LineSplitter | undefined, keep: (chunk: Buffer) => void): void {
    if (stream === null) return;
    this.#open += 1;
    this.#streams.push(stream);
    stream.on('data', (chunk: Buffer) => {
      this.#received += chunk.length;
      keep(chunk);
      lines?.push(chunk);
    });
    stream.once('end', () => {
      this.#open -= 1;
    });
    stream.on('error', () => {
      this.#open -= 1;
    });
  }
}

/** Settles on `exit`, never on `close`. Rejects when the program cannot be started. */
export function exitOf(child: ChildProcess): Promise<ExitStatus> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

/** Feeds stdin. A child that does not read all of it is its own affair: the exit status tells. */
export async function feed(stdin: Writable, source: NonNullable<RunRequest['stdin']>): Promise<void> {
  if (typeof source === 'string' || Buffer.isBuffer(source)) {
    stdin.on('error', () => undefined);
    stdin.end(source);
    return;
  }
  try {
    await pipeline(source, stdin);
  } catch (error) {
    if (!isBrokenPipe(error)) throw error;
  }
}

function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}
