import { setTimeout as delay } from 'node:timers/promises';
import { groupHasMembers } from './proc-files.adapter.js';

const TERM_GRACE_MS = 2_000;
/** SIGKILL is not refused, but a process in an uninterruptible wait takes its time. */
const KILL_GRACE_MS = 5_000;
const POLL_MS = 20;

/**
 * Ends every process of a group that this process leads: SIGTERM, and SIGKILL after 2 s. A child that catches SIGTERM
 * may leave grandchildren behind, so it is the group that has to become empty, not the child that has to exit.
 */
export async function endProcessGroup(processGroup: number): Promise<void> {
  signalGroup(processGroup, 'SIGTERM');
  if (await becomesEmpty(processGroup, TERM_GRACE_MS)) return;
  signalGroup(processGroup, 'SIGKILL');
  await becomesEmpty(processGroup, KILL_GRACE_MS);
}

async function becomesEmpty(processGroup: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (await groupHasMembers(processGroup)) {
    if (performance.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** The number of a group is not given to another process while the group has a member, so it cannot hit a stranger. */
function signalGroup(processGroup: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-processGroup, signal);
  } catch {
    // ESRCH: the group is empty already
  }
}
