import type { ProcessIdentity } from './process-runner.js';
import type { ProcessUsage } from './proc-usage.js';

/** What processes use. A process that is gone, or another by now, has no figures. */
export abstract class ProcessMeter {
  /** At once and cheap (some 20 µs), also for a process that is stopped or hangs. */
  abstract usage(identity: ProcessIdentity): ProcessUsage | undefined;
  /**
   * `bytes` of host memory, shared pages divided among those that share them. The kernel walks all of the process's
   * pages for it: milliseconds for a VM, so not for each tick of a clock.
   */
  abstract proportionalBytes(identity: ProcessIdentity): Promise<number | undefined>;
}
