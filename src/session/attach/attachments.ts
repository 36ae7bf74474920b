import { Injectable } from '@nestjs/common';

/** Somebody who is attached to a session. */
export interface Attachment {
  /** called when another one has taken the keyboard */
  readonly onTaken: () => void;
}

interface Attached {
  readonly all: Set<Attachment>;
  typist: Attachment | undefined;
}

/** Who is attached to which session, and which of them types: one at most. */
@Injectable()
export class Attachments {
  readonly #bySession = new Map<string, Attached>();

  count(session: string): number {
    return this.#bySession.get(session)?.all.size ?? 0;
  }

  hasTypist(session: string): boolean {
    return this.#bySession.get(session)?.typist !== undefined;
  }

  types(session: string, attachment: Attachment): boolean {
    return this.#bySession.get(session)?.typist === attachment;
  }

  /** @param wish `if-free`: types unless somebody else does; `take`: instead of whoever does */
  add(session: string, attachment: Attachment, wish: 'no' | 'if-free' | 'take'): void {
    let attached = this.#bySession.get(session);
    if (attached === undefined) {
      attached = { all: new Set(), typist: undefined };
      this.#bySession.set(session, attached);
    }
    attached.all.add(attachment);
    if (wish === 'no' || (wish === 'if-free' && attached.typist !== undefined)) return;
    const before = attached.typist;
    attached.typist = attachment;
    before?.onTaken();
  }

  remove(session: string, attachment: Attachment): void {
    const attached = this.#bySession.get(session);
    if (attached === undefined) return;
    attached.all.delete(attachment);
    if (attached.typist === attachment) attached.typist = undefined;
    if (attached.all.size === 0) this.#bySession.delete(session);
  }
}
