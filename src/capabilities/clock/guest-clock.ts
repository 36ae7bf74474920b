import { abortable } from '../../core/concurrency/index.js';
import type { Guest } from '../capability.js';

/** `ms` that a guest's clock may be off */
export const CLOCK_TOLERANCE_MS = 100;
/** Each is a process in the guest. One is enough, unless the machine is so busy that the program stands still half-way. */
const ATTEMPTS = 6;
const SET_LIMIT_MS = 10_000;

export interface ClockReading {
  /** `ms` that the guest is ahead of the host; negative when it is behind */
  readonly offsetMs: number;
  /** `ms` that the true offset may be away from it */
  readonly uncertaintyMs: number;
}

/** How the guest's clock stands to the host's. Costs no process in the guest. @throws VM_GUEST_UNREACHABLE */
export async function readGuestClock(guest: Pick<Guest, 'time'>): Promise<ClockReading> {
  const asked = performance.now();
  const theirs = await guest.time();
  const uncertaintyMs = (performance.now() - asked) / 2;
  return { offsetMs: theirs - (Date.now() - uncertaintyMs), uncertaintyMs };
}

/** Whether the clock is wrong for certain: a slow answer proves nothing. */
export function isOff({ offsetMs, uncertaintyMs }: ClockReading): boolean {
  return Math.abs(offsetMs) - uncertaintyMs > CLOCK_TOLERANCE_MS;
}

/**
 * Sets the guest's clock if it is off. @returns what it was off by at first, and in the end
 * @throws VM_GUEST_UNREACHABLE, TIMEOUT, or the signal's reason
 */
export async function correctGuestClock(
  guest: Guest,
  signal: AbortSignal,
): Promise<{ before: ClockReading; after: ClockReading }> {
  // `time` takes no signal: a guest that hangs is waited for no longer than the hook may.
  const read = (): Promise<ClockReading> => abortable(readGuestClock(guest), signal, () => signal.reason);
  const before = await read();
  let after = before;
  for (let attempt = 1; attempt <= ATTEMPTS && isOff(after); attempt += 1) {
    await moveClock(guest, -after.offsetMs, signal);
    after = await read();
  }
  return { before, after };
}

/**
 * Moves the clock from where it is in the guest: what the host would set it to is stale when the program at last runs,
 * by half a second and more on a busy machine, and never by the same. date(1) sets the system clock alone; the agent's
 * own command waits a second for a clock chip.
 */
const MOVE_SCRIPT = `
now=$(date +%s%3N) || exit 1
case $now in *[!0-9]*) now=$(date +%s)000 ;; esac # a date without fractions of seconds
to=$((now + $1))
exec date -u -s "@$((to / 1000)).$(printf %03d $((to % 1000)))"
`;

async function moveClock(guest: Guest, byMs: number, signal: AbortSignal): Promise<void> {
  const argv = ['sh', '-c', MOVE_SCRIPT, 'sh', String(Math.round(byMs))];
  await guest.exec(argv, { timeoutMs: SET_LIMIT_MS, signal });
}
