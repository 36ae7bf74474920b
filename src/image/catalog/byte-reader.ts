import { DocumentProblem } from './json-checks.js';

/** Asks a stream for bytes, as many as are wanted and no more; holds one piece of the stream at a time. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /** Few enough to be held. @throws DocumentProblem when it ends before */
  async exactly(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.pieces(bytes)) parts.push(part);
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** As many as come, in pieces none of which is empty. @throws DocumentProblem when it ends before */
  async *pieces(bytes: number): AsyncGenerator<Buffer, void> {
    for (let left = bytes; left > 0;) {
      if (!(await this.#more())) throw new DocumentProblem('it ends before it is whole');
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Gives back what was asked for and is not wanted yet. */
  unread(bytes: Buffer): void {
    this.#rest = Buffer.concat([bytes, this.#rest]);
  }

  /** Of what follows, up to the end. */
  async *remainder(): AsyncGenerator<Buffer, void> {
    while (await this.#more()) {
      const piece = this.#rest;
      this.#rest = Buffer.alloc(0);
      yield piece;
    }
  }

  async #more(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      this.#rest = next.value;
    }
    return true;
  }
}
