import type { Guest } from '../capability.js';

/** `ms` that a guest's clock may be off */
export const CLOCK_TOLERANCE_MS = 100;
/** Each attempt is a process in the guest; one is enough unless the machine is very busy. */
const ATTEMPTS = 3;
/** `ms` until the program that sets the clock runs in the guest, to begin with; measured afterwards */
const USUAL_LEAD_MS = 30;
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
  const before = await abortable(readGuestClock(guest), signal);
  let after = before;
  let leadMs = USUAL_LEAD_MS;
  for (let attempt = 1; attempt <= ATTEMPTS && isOff(after); attempt += 1) {
    await setClock(guest, leadMs, signal);
    after = await abortable(readGuestClock(guest), signal);
    // behind by what the program took longer to start than was thought
    leadMs -= after.offsetMs;
  }
  return { before, after };
}

/** By date(1), which sets the system clock alone; the agent's own command waits a second for a clock chip. */
async function setClock(guest: Guest, leadMs: number, signal: AbortSignal): Promise<void> {
  const seconds = ((Date.now() + leadMs) / 1000).toFixed(3);
  await guest.exec(['date', '-u', '-s', `@${seconds}`], { timeoutMs: SET_LIMIT_MS, signal });
}

/** `time` takes no signal: a guest that hangs is waited for no longer than the hook may. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    promise.catch(() => undefined);
  }
}
