import { uptime } from 'node:os';
import { Clock } from './clock.js';

export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }

  /** CLOCK_BOOTTIME */
  override sinceBoot(): number {
    return uptime() * 1000;
  }

  /** CLOCK_MONOTONIC */
  override awake(): number {
    return performance.now();
  }
}
