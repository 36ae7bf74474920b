/** `ms` by a clock that never goes back */
export type Clock = () => number;

const FIRST_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 120_000;

/**
 * A question that may never be answered, asked again and again: one at a time, and after a failure more and more
 * rarely, so that what hangs is not buried under questions that it would have to answer when it wakes up.
 */
export class PatientQuery<T> {
  #asking = false;
  #failures = 0;
  #notBefore = -Infinity;

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly clock: Clock,
  ) {}

  /** Asks if it is time to; `take` gets the answer, `fail` hears that there was none. Never throws, never waits. */
  poke(take: (answer: T) => void, fail: () => void): void {
    if (this.#asking || this.clock() < this.#notBefore) return;
    this.#asking = true;
    this.ask()
      .then((answer) => {
        this.#failures = 0;
        take(answer);
      })
      .catch(() => {
        this.#failures += 1;
        const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
        this.#notBefore = this.clock() + pause;
        fail();
      })
      .finally(() => {
        this.#asking = false;
      });
  }
}
