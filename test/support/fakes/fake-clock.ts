import { Clock } from '../../../src/core/clock/index.js';

/** A clock in the test's hands. */
export class FakeClock extends Clock {
  #now = Date.parse('2026-01-01T00:00:00Z');
  #sinceBoot = 3_600_000;
  #awake = 3_600_000;

  override now(): number {
    return this.#now;
  }

  override sinceBoot(): number {
    return this.#sinceBoot;
  }

  override awake(): number {
    return this.#awake;
  }

  /** Time goes by. */
  pass(ms: number): void {
    this.sleep(ms);
    this.#awake += ms;
  }

  /** Time goes by while the host sleeps. */
  sleep(ms: number): void {
    this.#now += ms;
    this.#sinceBoot += ms;
  }

  /** Somebody sets the clock. */
  set(byMs: number): void {
    this.#now += byMs;
  }

  /** The host has just booted. */
  reboot(): void {
    this.#sinceBoot = 10_000;
  }
}
