/** The three times of a host. They part when somebody sets the clock, and when the host sleeps. */
export abstract class Clock {
  /** Time of day, `ms` since 1970. Jumps, in both directions, when the clock is set. */
  abstract now(): number;
  /** `ms` since the host's boot, sleep included. Never jumps. */
  abstract sinceBoot(): number;
  /** `ms` since some moment, sleep left out: what can be counted as waiting. Never jumps. */
  abstract awake(): number;
}
