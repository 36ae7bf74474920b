import type { OutputLog } from '../output/output-log.js';
import { OutputDecoder } from '../output/output-record.js';
import type { OutputRecord } from '../output/output-record.js';
import { OutputDamagedError } from '../session.errors.js';
import type { Session } from '../session.types.js';

/** Copies the output of one session as it comes from the guest. */
export class SessionIngest {
  #decoder = new OutputDecoder();
  /** what comes is no more of it: a guest that was cut off has garbage, or less than is here, where its last output was */
  #isOver = false;
  /** pieces come by two ways; they are taken one after the other */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly session: Session,
    readonly log: OutputLog,
  ) {}

  /**
   * @param offset of `bytes` among the guest's; some of them may be there already, some before them may be gone
   * @returns false when what is there already is something else: the guest went back, and wrote other things since
   * @throws whatever writing throws
   */
  async take(offset: number, bytes: Buffer): Promise<boolean> {
    return this.#inTurn(() => this.#take(offset, bytes));
  }

  /** Takes what follows on what is here. Anything else is left: it will come again. */
  async takeEarly(offset: number, bytes: Buffer): Promise<void> {
    await this.#inTurn(async () => {
      if (offset === this.#have) await this.#take(offset, bytes);
    });
  }

  async #take(offset: number, bytes: Buffer): Promise<boolean> {
    if (this.#isOver) return true;
    const have = this.#have;
    if (offset > have) {
      this.#decoder = new OutputDecoder();
      this.log.skipTo(offset);
    }
    const known = Math.max(0, Math.min(have - offset, bytes.length));
    if (known > 0 && !(await this.#isSame(offset, bytes.subarray(0, known)))) return false;
    const { records, isDamaged } = this.#decode(bytes.subarray(known));
    const isKept = await this.#append(records);
    if (isDamaged || !isKept) this.close();
    return true;
  }

  /** False when they are whole, but no output that any keeper writes. */
  async #append(records: readonly OutputRecord[]): Promise<boolean> {
    try {
      await this.log.append(records);
      return true;
    } catch (error) {
      if (error instanceof OutputDamagedError) return false;
      throw error;
    }
  }

  /** What is here stays as it is. */
  close(): void {
    this.#isOver = true;
  }

  /** Throws away what is here. It has to be begun anew, by another one. */
  async discard(): Promise<void> {
    await this.#inTurn(async () => {
      this.close();
      await this.log.reset();
    });
  }

  /** offset of what is to come */
  get #have(): number {
    return this.log.end + this.#decoder.pendingBytes;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  #decode(bytes: Buffer): { records: OutputRecord[]; isDamaged: boolean } {
    const records: OutputRecord[] = [];
    try {
      for (const record of this.#decoder.push(bytes)) records.push(record);
      return { records, isDamaged: false };
    } catch (error) {
      if (error instanceof OutputDamagedError) return { records, isDamaged: true };
      throw error;
    }
  }

  async #isSame(offset: number, bytes: Buffer): Promise<boolean> {
    for (let at = 0; at < bytes.length;) {
      const own = await this.log.read(offset + at, bytes.length - at);
      if (own.bytes.length === 0) return true;
      // the beginning may be gone here already, or all of it
      at = own.offset - offset;
      const theirs = bytes.subarray(at, at + own.bytes.length);
      if (!own.bytes.subarray(0, theirs.length).equals(theirs)) return false;
      at += own.bytes.length;
    }
    return true;
  }
}
