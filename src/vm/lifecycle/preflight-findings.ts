import { toBangerError } from '../../core/errors/index.js';
import type { BangerError } from '../../core/errors/index.js';
import { PreflightFailedError } from '../vm.errors.js';

/** Collects what stands against a start, so that all of it is told at once. */
export class PreflightFindings {
  readonly #found: { check: string; error: BangerError }[] = [];

  /** @param check which check it is, for scripts: `memory` */
  add(check: string, error: BangerError | undefined): void {
    if (error !== undefined) this.#found.push({ check, error });
  }

  /** Runs a check that throws what it finds. A defect or a cancellation is no finding: it is thrown on. */
  async collect<T>(check: string, body: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await body();
    } catch (error) {
      const failure = toBangerError(error, check);
      if (failure.category === 'internal' || failure.category === 'cancelled') throw failure;
      this.add(check, failure);
      return undefined;
    }
  }

  /** @throws the one finding as it is, or PreflightFailedError with all of them */
  check(): void {
    const [first, ...more] = this.#found;
    if (first === undefined) return;
    throw more.length === 0 ? first.error : new PreflightFailedError(this.#found);
  }
}
