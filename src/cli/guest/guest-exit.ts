/** How a command in the guest ended: by status, or by a signal. */
export interface GuestExit {
  exitCode: number | null;
  signal: string | null;
  /** set when the daemon ended it because its time was over */
  timedOut?: boolean;
}

/** Signal numbers of Linux on x86-64 and arm64; by hand, since node:os has the host's, which need not be the guest's. */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  IO: 29,
  PWR: 30,
  SYS: 31,
};

/** The status a shell would show: the command's own, 128 + n for a death by signal n; 125 when neither is known. */
export function exitCodeOfGuest({ exitCode, signal }: GuestExit): number {
  if (signal !== null) {
    const name = signal.replace(/^SIG/, '');
    return Object.hasOwn(SIGNAL_NUMBERS, name) ? 128 + (SIGNAL_NUMBERS[name] ?? NaN) : 125;
  }
  return exitCode ?? 125;
}
