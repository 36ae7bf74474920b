import { Injectable } from '@nestjs/common';
import type { TerminalSize } from '../../contract/index.js';
import type { Session } from '../session.types.js';

interface Known {
  size: TerminalSize;
  /** what it is to be when the change under way is done */
  wanted: TerminalSize | undefined;
}

/** Sizes of the sessions' terminals, each changed once at a time: who drags a window gives dozens in a second. */
@Injectable()
export class TerminalSizes {
  readonly #known = new Map<string, Known>();
  readonly #changing = new Map<string, Promise<void>>();

  of({ id }: Pick<Session, 'id'>): TerminalSize | undefined {
    return this.#known.get(id)?.size;
  }

  /** Resolves when it is that, or another that was wanted since. */
  async set(
    { id }: Pick<Session, 'id'>,
    size: TerminalSize,
    change: (size: TerminalSize) => Promise<void>,
  ): Promise<void> {
    const known = this.#known.get(id) ?? { size, wanted: undefined };
    this.#known.set(id, known);
    known.wanted = size;
    let changing = this.#changing.get(id);
    if (changing === undefined) {
      changing = follow(known, change).finally(() => this.#changing.delete(id));
      this.#changing.set(id, changing);
    }
    await changing;
  }

  forget({ id }: Pick<Session, 'id'>): void {
    this.#known.delete(id);
  }
}

async function follow(known: Known, change: (size: TerminalSize) => Promise<void>): Promise<void> {
  while (known.wanted !== undefined) {
    const size = known.wanted;
    known.wanted = undefined;
    await change(size);
    known.size = size;
  }
}
