const NEWLINE = 0x0a;
/** In no UTF-8 text; the guest agent sends it before the answer to guest-sync-delimited: what came before is void. */
const RESYNC = 0xff;

/**
 * Cuts a byte stream into lines of bounded length. The sender may be a hostile guest: of a line past the bound nothing
 * is kept; `onOversized` tells once, and the next newline begins afresh.
 */
export class LineParser {
  #chunks: Buffer[] = [];
  #length = 0;
  #skipping = false;

  constructor(
    private readonly limits: { readonly maxLineBytes: number },
    private readonly onLine: (line: string) => void,
    private readonly onOversized: () => void,
  ) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte !== NEWLINE && byte !== RESYNC) {
        at = nextMark(chunk, at) - 1;
        continue;
      }
      if (byte === NEWLINE) {
        this.#keep(chunk.subarray(start, at));
        this.#emit();
      } else {
        this.#reset();
      }
      start = at + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(bytes: Buffer): void {
    if (this.#skipping || bytes.length === 0) return;
    this.#length += bytes.length;
    if (this.#length <= this.limits.maxLineBytes) {
      this.#chunks.push(bytes);
      return;
    }
    this.#reset();
    this.#skipping = true;
    this.onOversized();
  }

  #emit(): void {
    const line = this.#skipping ? '' : Buffer.concat(this.#chunks).toString('utf8').trim();
    this.#reset();
    if (line !== '') this.onLine(line);
  }

  #reset(): void {
    this.#chunks = [];
    this.#length = 0;
    this.#skipping = false;
  }
}

/** Index of the next newline or resync byte, or the length: native searches, since lines may be megabytes. */
function nextMark(chunk: Buffer, from: number): number {
  const newline = chunk.indexOf(NEWLINE, from);
  const resync = chunk.indexOf(RESYNC, from);
  return Math.min(newline < 0 ? chunk.length : newline, resync < 0 ? chunk.length : resync);
}
