import type { SessionView } from '../contract/index.js';
import type { Session } from './session.types.js';

export interface LiveFacts {
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly droppedBytes: number;
  readonly attached: number;
}

export function toSessionView(session: Session, live: LiveFacts): SessionView {
  const { name, exitCode, signal, timedOut, reason, timeoutSeconds, onExit, endedAt } = session;
  return {
    id: session.id,
    ...(name !== undefined && { name }),
    vm: session.vmName,
    vmId: session.vmId,
    command: [...session.command],
    cwd: session.cwd,
    terminal: session.terminal,
    stdin: session.stdin,
    state: session.state,
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
    ...(timedOut && { timedOut }),
    ...(reason !== undefined && { reason }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(onExit !== undefined && { onExit }),
    ...live,
    createdAt: session.createdAt.toISOString(),
    ...(endedAt !== undefined && { endedAt: endedAt.toISOString() }),
  };
}
