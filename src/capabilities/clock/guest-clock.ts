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
 * A function of perl that moves the clock by so many ms from where it is in the guest: what the host would set it to is
 * stale when the program at last runs. In one process: between one that reads it and one that sets it a busy guest lost
 * half a second, at each attempt. The numbers of the calls are those of x86-64.
 */
export const MOVE_CLOCK = String.raw`
sub move_clock {
  use integer;
  my $now = pack("qq", 0, 0);
  return 0 if syscall(228, 0, $now) != 0; # clock_gettime(2)
  my ($s, $ns) = unpack("qq", $now);
  $ns += $_[0] * 1000000;
  my $carry = $ns / 1000000000;
  $carry -= 1 if $ns < $carry * 1000000000;
  my $then = pack("qq", $s + $carry, $ns - $carry * 1000000000);
  return syscall(227, 0, $then) == 0; # clock_settime(2)
}
`;

async function moveClock(guest: Guest, byMs: number, signal: AbortSignal): Promise<void> {
  const argv = ['perl', '-e', `${MOVE_CLOCK} exit !move_clock($ARGV[0])`, '--', String(Math.round(byMs))];
  await guest.exec(argv, { timeoutMs: SET_LIMIT_MS, signal });
}
