import type { SessionState, SessionOnExit } from '../contract/index.js';

/** A session as the daemon keeps it. */
export interface Session {
  readonly id: string;
  readonly vmId: string;
  readonly vmName: string;
  /** of its directory in the guest */
  readonly guestName: string;
  readonly name: string | undefined;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly terminal: boolean;
  readonly stdin: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly onExit: SessionOnExit | undefined;
  readonly exitHandled: boolean;
  readonly state: SessionState;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly reason: string | undefined;
  /** as last written down; while it is followed the log knows better */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly droppedBytes: number;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
}

export function hasEnded({ state }: Pick<Session, 'state'>): boolean {
  return state !== 'starting' && state !== 'running';
}
