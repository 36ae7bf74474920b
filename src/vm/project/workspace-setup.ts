import { Injectable } from '@nestjs/common';
import type { WorkspaceSetupView } from '../../contract/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import type { Vm } from '../vm.types.js';
import { GuestRunner } from './guest-run.js';
import type { GuestRunEnd } from './guest-run.js';
import { setupLog, SETUP_SCRIPT } from './setup-script.js';

/** `ms` */
const SETUP_LIMIT_MS = 60 * 60 * 1000;
/** lines of its output that a failure is told with; all of it is in the guest */
const LAST_LINES = 5;

/** The command of `[workspace]` in a project file, after each import. It decides nothing of the VM, however it ends. */
@Injectable()
export class WorkspaceSetup {
  constructor(private readonly guest: GuestRunner) {}

  /**
   * Step `workspace.setup`. A failure is a warning of the operation.
   * @param repository.guestPath top of the repository in the guest
   * @throws VM_GUEST_UNREACHABLE, CancelledError
   */
  async run(
    vm: Vm,
    { guestPath, setup }: { guestPath: string; setup: string },
    operation: OperationContext,
  ): Promise<WorkspaceSetupView> {
    const log = setupLog(guestPath);
    const what = `the setup of the repository ${guestPath}`;
    const command = ['sh', '-c', SETUP_SCRIPT, 'sh', log, setup];
    return operation.step('workspace.setup', 'setting the repository up', async (step) => {
      const end = await this.guest.run(
        vm,
        { what, command, cwd: guestPath, limitMs: SETUP_LIMIT_MS },
        { operation, step },
      );
      if (end.exitCode !== 0) operation.warn(told(what, log, end));
      step.detail(end.exitCode === 0 ? `output in ${log}` : `failed; output in ${log}`);
      return { exitCode: end.exitCode, log };
    });
  }
}

function told(what: string, log: string, { exitCode, stoppedBy, outputTail }: GuestRunEnd): string {
  const end =
    stoppedBy === 'time'
      ? `took longer than ${SETUP_LIMIT_MS / 60_000} minutes and was ended`
      : stoppedBy === 'connection'
        ? 'is out of sight, as the connection to the VM was lost'
        : `failed with status ${exitCode ?? 'unknown'}`;
  const lines = outputTail.trim().split('\n').slice(-LAST_LINES);
  const shown = outputTail.trim() === '' ? '' : `: ${lines.join(' / ')}`;
  return `${what} ${end}${shown}; all that it wrote is in the VM: ${log}`;
}
