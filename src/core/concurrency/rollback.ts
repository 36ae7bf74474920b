import { toBangerError } from '../errors/index.js';
import type { BangerError } from '../errors/index.js';

interface Undo {
  readonly what: string;
  readonly run: () => Promise<void>;
}

/**
 * Compensation stack: every step that changes something registers its undo before the next step begins.
 * Either `commit()` forgets them, or `run()` plays them in reverse order; one that fails does not stop the rest.
 */
export class Rollback {
  #undos: Undo[] = [];

  /** How many undos wait. */
  get size(): number {
    return this.#undos.length;
  }

  add(what: string, run: () => Promise<void>): void {
    this.#undos.push({ what, run });
  }

  commit(): void {
    this.#undos = [];
  }

  /**
   * Returns what could not be undone, for the log; the ledger still has it for the next start.
   * @param onUndone told what has been undone, one by one
   */
  async run(onUndone?: (what: string) => void): Promise<{ what: string; error: BangerError }[]> {
    const failures: { what: string; error: BangerError }[] = [];
    for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) {
      try {
        await undo.run();
        onUndone?.(undo.what);
      } catch (error) {
        failures.push({ what: undo.what, error: toBangerError(error, undo.what) });
      }
    }
    return failures;
  }
}
