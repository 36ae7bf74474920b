import { cancellation, TimeoutError } from '../../../core/errors/index.js';
import type { DetachedProcess, ExitStatus } from '../../../core/process/index.js';
import { VmmFailedError, VmmProtocolError } from '../hypervisor.errors.js';
import { QEMU_BINARY } from './qemu-arguments.js';

/** from spawn to QMP; 60 ms on a quiet host */
const LAUNCH_LIMIT_MS = 60_000;
/** The sockets of a process that ends are closed a moment before its end is reported. */
const END_REPORT_MS = 2_000;

/** QEMU names the rule, not the cause; for forwards on loopback the cause is always a port in use. */
const PORT_CONFLICT = /Could not set up host forwarding rule/;

export interface LaunchAttempt {
  /** aborts when the caller gives up, the time is over, or the process ended */
  readonly signal: AbortSignal;
  /** The status of a VMM that ended by itself, when that is what `error` came from. */
  endedByItself(error: unknown): Promise<ExitStatus | undefined>;
  dispose(): void;
}

/** Watches over a VMM between its start and its readiness. */
export function launchAttempt(
  child: DetachedProcess,
  callerSignal: AbortSignal,
  name: string,
): LaunchAttempt {
  const controller = new AbortController();
  const what = `starting ${name}`;
  const onAbort = (): void => controller.abort(cancellation(callerSignal, what));
  callerSignal.addEventListener('abort', onAbort, { once: true });
  if (callerSignal.aborted) onAbort();
  const timer = setTimeout(() => controller.abort(new TimeoutError(what, LAUNCH_LIMIT_MS)), LAUNCH_LIMIT_MS);
  const ended = child.exited.then((status) => {
    controller.abort(new VmmProtocolError('greeting', 'the process ended'));
    return status;
  });
  return {
    signal: controller.signal,
    endedByItself: async (error) => {
      if (!(error instanceof VmmProtocolError)) return undefined;
      const limit = Promise.withResolvers<undefined>();
      const reportTimer = setTimeout(() => limit.resolve(undefined), END_REPORT_MS);
      const status = await Promise.race([ended, limit.promise]);
      clearTimeout(reportTimer);
      return status;
    },
    dispose: () => {
      callerSignal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    },
  };
}

/** What QEMU's end before it was ready means. `log` is the end of what it wrote. */
export function launchFailure(status: ExitStatus, log: string): VmmFailedError {
  const portConflict = PORT_CONFLICT.test(log);
  return new VmmFailedError({ ...status, binary: QEMU_BINARY, stderrTail: log, portConflict });
}

/** A signal that aborts with a TimeoutError. */
export function deadline(limitMs: number, what: string): AbortSignal & Disposable {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new TimeoutError(what, limitMs)), limitMs);
  return Object.assign(controller.signal, { [Symbol.dispose]: () => clearTimeout(timer) });
}
