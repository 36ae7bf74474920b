import { Injectable } from '@nestjs/common';
import type { TerminalSize } from '../../contract/index.js';
import type { Session } from '../session.types.js';

/** Sizes of the sessions' terminals, each changed once at a time: who drags a window gives dozens in a second. */
@Injectable()
export class TerminalSizes {
  readonly #wanted = new Map<string, TerminalSize>();
  readonly #changing = new Map<string, Promise<void>>();

  /** Resolves when it is that, or another that was wanted since. */
  async set(
    { id }: Pick<Session, 'id'>,
    size: TerminalSize,
    change: (size: TerminalSize) => Promise<void>,
  ): Promise<void> {
    this.#wanted.set(id, size);
    let changing = this.#changing.get(id);
    if (changing === undefined) {
      changing = this.#follow(id, change);
      this.#changing.set(id, changing);
    }
    await changing;
  }

  async #follow(id: string, change: (size: TerminalSize) => Promise<void>): Promise<void> {
    try {
      for (let size = this.#wanted.get(id); size !== undefined; size = this.#wanted.get(id)) {
        this.#wanted.delete(id);
        await change(size);
      }
    } finally {
      // In the same step as the last look, so that none is wanted in between; after a failure nobody waits for another.
      this.#changing.delete(id);
      this.#wanted.delete(id);
    }
  }
}
