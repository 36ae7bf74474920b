import type { MachineExit } from '../hypervisor/hypervisor.js';

export interface MachineEndFacts {
  readonly exit: MachineExit;
  /** whether the kernel killed the VMM for lack of memory */
  readonly outOfMemory: 'certain' | 'probable' | undefined;
  /** the host was booted after the VM was started */
  readonly hostRestarted: boolean;
  /** whether a daemon ran when it ended */
  readonly watched: boolean;
  /** last lines of the guest's console */
  readonly consoleTail: string;
}

/** What an end means: a guest that powered off is stopped, anything else has failed. */
export interface MachineEnd {
  readonly cause: 'failed' | 'powered-off';
  /** completes `it was …`: `killed by SIGKILL` */
  readonly reason: string;
  /** what is known of the cause behind it */
  readonly why?: string;
}

/** printed by Linux at the highest level, so that no `quiet` keeps it back */
const PANIC = /Kernel panic - not syncing: (.*)/;

/** The best explanation for what is known. */
export function explainEnd(facts: MachineEndFacts): MachineEnd {
  const { exit, outOfMemory, consoleTail } = facts;
  if (outOfMemory === 'certain')
    return { cause: 'failed', reason: 'killed by the kernel', why: 'the host ran out of memory' };
  const panic = PANIC.exec(consoleTail)?.[1]?.slice(0, 200);
  if (exit.by === 'guest-panic' || (exit.by !== 'guest-off' && exit.by !== 'host' && panic !== undefined))
    return {
      cause: 'failed',
      reason: 'ended by a panic of its kernel',
      ...(panic !== undefined && { why: `its console says: ${panic}` }),
    };
  if (exit.by === 'guest-off') return { cause: 'powered-off', reason: 'powered off by its guest' };
  if (exit.by === 'guest-reset') return { cause: 'powered-off', reason: 'ended by a reboot of its guest' };
  if (exit.by === 'host')
    return {
      cause: 'failed',
      reason: 'told to end by a signal',
      why: 'somebody sent SIGTERM to its hypervisor process, as a host does that shuts down',
    };
  return processEnd(facts);
}

function processEnd({ exit, outOfMemory, hostRestarted, watched }: MachineEndFacts): MachineEnd {
  const { exitCode, signal } = exit;
  if (exitCode === 0) return { cause: 'powered-off', reason: 'powered off by its guest' };
  const memory =
    outOfMemory === undefined
      ? {}
      : { why: 'probably the host ran out of memory: the kernel killed a process for it' };
  if (signal !== null) return { cause: 'failed', reason: `killed by ${signal}`, ...memory };
  if (exitCode !== null) return { cause: 'failed', reason: `ended with exit status ${exitCode}` };
  if (hostRestarted) return { cause: 'failed', reason: 'ended by a restart of the host' };
  if (!watched) return { cause: 'failed', reason: 'ended while no daemon was running' };
  return {
    cause: 'failed',
    reason: 'ended, in a way that is not known',
    why: 'it was started by an earlier daemon, which alone could have learned more',
    ...memory,
  };
}
