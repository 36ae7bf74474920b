import { SIGNAL_NUMBERS } from '../../contract/names.js';

/** what a shell shows for a process that its reader left alone (128 + SIGPIPE) */
export const BROKEN_PIPE_EXIT_CODE = 141;

/** How a command in the guest ended: by status, or by a signal. */
export interface GuestExit {
  exitCode: number | null;
  signal: string | null;
  /** set when the daemon ended it because its time was over */
  timedOut?: boolean;
}

/** The status a shell would show: the command's own, 128 + n for a death by signal n; 125 when neither is known. */
export function exitCodeOfGuest({ exitCode, signal }: GuestExit): number {
  if (signal !== null) {
    const name = signal.replace(/^SIG/, '');
    return Object.hasOwn(SIGNAL_NUMBERS, name) ? 128 + (SIGNAL_NUMBERS[name] ?? NaN) : 125;
  }
  return exitCode ?? 125;
}
