import { BangerError } from '../../core/errors/index.js';
import type { ExitStatus } from '../../core/process/index.js';

/**
 * The VMM ended before it was ready. `details.portConflict`: another process has one of the forwarded host ports,
 * so it is worth another try with others.
 */
export class VmmFailedError extends BangerError<'VMM_FAILED'> {
  constructor(facts: ExitStatus & { binary: string; stderrTail: string; portConflict: boolean }) {
    const { binary, portConflict, exitCode, signal, stderrTail } = facts;
    const how = signal === null ? `exit status ${exitCode}` : `signal ${signal}`;
    super('VMM_FAILED', `${binary} ended with ${how} before the machine ran`, {
      details: { exitCode, signal, stderrTail, ...(portConflict && { portConflict }) },
      why: lastLine(stderrTail),
      fix: portConflict ? 'another program listens on that port of 127.0.0.1; try again' : undefined,
    });
  }
}

/** The VMM's control protocol was broken, or it refused a command. */
export class VmmProtocolError extends BangerError<'VMM_PROTOCOL'> {
  constructor(command: string, reason: string, cause?: unknown) {
    super('VMM_PROTOCOL', `the VMM's control command ${command} failed: ${reason}`, {
      details: { command, reason },
      cause,
    });
  }
}

/** The guest agent does not answer, or answers nonsense. */
export class GuestAgentError extends BangerError<'VM_GUEST_UNREACHABLE'> {
  constructor(vm: string, reason: string) {
    super('VM_GUEST_UNREACHABLE', `the guest agent of ${vm} cannot be used: ${reason}`, {
      details: { vm, channel: 'agent' },
      why: 'the guest is still starting, hangs, or its agent was stopped',
      fix: 'look at the console of the VM, or restart the VM',
    });
  }
}

function lastLine(text: string): string | undefined {
  const line = text.trim().split('\n').at(-1);
  return line === '' ? undefined : line;
}
