/** Turns a counter into a rate per second. NaN until it was seen twice, and after it began anew. */
export class CounterRate {
  #count: number | undefined;
  #at = 0;

  /** @param at `ms` by a clock that never goes back */
  next(count: number, at: number): number {
    const before = this.#count;
    const seconds = (at - this.#at) / 1000;
    this.#count = count;
    this.#at = at;
    return before === undefined || count < before || seconds <= 0 ? Number.NaN : (count - before) / seconds;
  }

  forget(): void {
    this.#count = undefined;
  }
}
