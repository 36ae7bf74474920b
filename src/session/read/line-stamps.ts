const NEWLINE = 0x0a;

/** Puts the time before each line of a stream that comes in pieces. */
export class LineStamps {
  #atLineStart = true;

  /** @param atMs since 1970, when the piece was written */
  stamp(payload: Buffer, atMs: number): Buffer {
    const stamp = Buffer.from(`${new Date(atMs).toISOString()} `);
    const parts: Buffer[] = [];
    for (let at = 0; at < payload.length;) {
      const newline = payload.indexOf(NEWLINE, at);
      const end = newline === -1 ? payload.length : newline + 1;
      if (this.#atLineStart) parts.push(stamp);
      parts.push(payload.subarray(at, end));
      this.#atLineStart = newline !== -1;
      at = end;
    }
    return Buffer.concat(parts);
  }
}
