import { randomBytes } from 'node:crypto';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

/** `bytes` that a shell's start files may print before; after that the number is not waited for any more */
const SEARCHED_BYTES = 65_536;
/** enough for the number and the end of its line */
const NUMBER_BYTES = 16;

/**
 * The process that a line becomes, as the guest's shell tells it at the begin of the output, and the output without
 * that. By hand: SSH itself does not say which process it has started.
 */
export class AnnouncedPid extends Transform {
  /** undefined when the output has ended without one */
  readonly pid: Promise<number | undefined>;
  readonly #mark = randomBytes(16).toString('hex');
  readonly #found = Promise.withResolvers<number | undefined>();
  /** what may be a part of the announcement */
  #held: Buffer | undefined = Buffer.alloc(0);
  #searched = 0;

  constructor() {
    super();
    this.pid = this.#found.promise;
    this.once('close', () => this.#found.resolve(undefined));
  }

  /** The same line, announced by the shell itself, which the command then replaces. */
  announced(line: string): string {
    return `printf '%s %s\\n' ${this.#mark} "$$"; ${line}`;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#held === undefined) return done(null, chunk);
    const bytes = Buffer.concat([this.#held, chunk]);
    this.#searched += chunk.length;
    const at = bytes.indexOf(this.#mark);
    const [matched, number] =
      at === -1
        ? []
        : (/^[0-9a-f]{32} (\d{1,10})\r?\n/.exec(
            bytes.toString('latin1', at, at + this.#mark.length + NUMBER_BYTES),
          ) ?? []);
    if (matched !== undefined) {
      this.#found.resolve(Number(number));
      return this.#let(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + matched.length)]), done);
    }
    if (this.#searched > SEARCHED_BYTES) return this.#let(bytes, done);
    const kept = Math.max(0, bytes.length - this.#mark.length - NUMBER_BYTES);
    this.#held = bytes.subarray(kept);
    done(null, bytes.subarray(0, kept));
  }

  override _flush(done: TransformCallback): void {
    this.#let(this.#held ?? Buffer.alloc(0), done);
  }

  /** From here on everything is output. */
  #let(bytes: Buffer, done: TransformCallback): void {
    this.#held = undefined;
    this.#found.resolve(undefined);
    done(null, bytes);
  }
}
