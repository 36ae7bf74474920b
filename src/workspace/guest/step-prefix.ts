/** stderr of a script in the guest that failed ends with a line of this and the step that failed */
export const STEP_PREFIX = 'banger-step: ';

export interface StepFailure {
  readonly step: string;
  /** what was written before */
  readonly stderrTail: string;
}

/** @param stderr the end of it */
export function splitStep(stderr: string): StepFailure {
  const at = stderr.lastIndexOf(STEP_PREFIX);
  if (at < 0) return { step: 'guest', stderrTail: stderr };
  const rest = stderr.slice(at + STEP_PREFIX.length);
  return { step: rest.split('\n')[0] ?? 'guest', stderrTail: stderr.slice(0, at) };
}
