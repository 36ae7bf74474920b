const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Keeps a stream's output up to a bound, or only counts it; `overflowed` says that there was more. */
export class BoundedOutput {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  overflowed = false;

  constructor(
    readonly maxBytes: number,
    private readonly keep = true,
  ) {}

  push(chunk: Buffer): void {
    const room = this.maxBytes - this.#length;
    if (chunk.length > room) this.overflowed = true;
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#length += kept.length;
    if (this.keep && kept.length > 0) this.#chunks.push(kept);
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** Keeps the last bytes of a stream. */
export class OutputTail {
  #tail: Buffer = Buffer.alloc(0);

  constructor(readonly maxBytes: number) {}

  push(chunk: Buffer): void {
    const both = chunk.length >= this.maxBytes ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = both.subarray(Math.max(0, both.length - this.maxBytes));
  }

  toString(): string {
    return this.#tail.toString('utf8');
  }
}

/** Cuts a stream into lines; of a line past the bound only its beginning is kept. */
export class LineSplitter {
  #partial: Buffer[] = [];
  #length = 0;

  constructor(
    readonly maxLineBytes: number,
    private readonly onLine: (line: string) => void,
  ) {}

  push(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      this.#keep(rest.subarray(0, end));
      this.#emit();
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
  }

  /** The stream ended: what is left is a line too. */
  end(): void {
    if (this.#length > 0) this.#emit();
  }

  #keep(bytes: Buffer): void {
    const kept = bytes.subarray(0, Math.max(0, this.maxLineBytes - this.#length));
    if (kept.length === 0) return;
    this.#length += kept.length;
    this.#partial.push(kept);
  }

  #emit(): void {
    const line = Buffer.concat(this.#partial);
    this.#partial = [];
    this.#length = 0;
    const end = line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
    this.onLine(line.toString('utf8', 0, end));
  }
}
