import type { OutputLog } from '../output/output-log.js';
import { OutputDecoder } from '../output/output-record.js';
import type { Session } from '../session.types.js';

/** Copies the output of one session as it comes from the guest. */
export class SessionIngest {
  #decoder = new OutputDecoder();

  constructor(
    readonly session: Session,
    readonly log: OutputLog,
  ) {}

  /**
   * @param offset of `bytes` among the guest's; some of them may be there already, some before them may be gone
   * @returns false when what is there already is something else: the guest went back, and wrote other things since
   * @throws OutputDamagedError, and whatever writing throws
   */
  async take(offset: number, bytes: Buffer): Promise<boolean> {
    const have = this.log.end + this.#decoder.pendingBytes;
    if (offset > have) {
      this.#decoder = new OutputDecoder();
      this.log.skipTo(offset);
    }
    const known = Math.max(0, Math.min(have - offset, bytes.length));
    if (known > 0 && !(await this.#isSame(offset, bytes.subarray(0, known)))) return false;
    await this.log.append([...this.#decoder.push(bytes.subarray(known))]);
    return true;
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
