import type { Machine, MachineExit } from './hypervisor/hypervisor.js';

/** `ms`: the channels of a machine that ends close a moment before its end is known, and that end is the better reason */
const GRACE_MS = 500;

/** How a machine that has stopped answering has ended; undefined when it has not. */
export async function endOf(machine: Machine): Promise<MachineExit | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), GRACE_MS);
  try {
    return await Promise.race([machine.exited, over]);
  } finally {
    clearTimeout(timer);
  }
}
