import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { inOneLine } from '../saving/blame.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { WorkspaceImporter } from '../workspace-importer.js';

/** Gives a copy a branch of its own, in its first repository. */
@Injectable()
export class CopyBranch {
  constructor(
    private readonly importer: WorkspaceImporter,
    private readonly access: GuestAccess,
    private readonly vms: VmRepository,
  ) {}

  /** Step `workspace.branch`. Where it cannot be made the copy stays, and a warning tells. @throws CancelledError */
  async start(vm: Vm, branch: string, operation: OperationContext): Promise<Vm> {
    const [first, ...others] = vm.workspaces;
    if (first === undefined) return vm;
    return operation.step('workspace.branch', `starting the branch ${branch}`, async (step) => {
      const problem = await this.#problem(vm, { guestPath: first.guestPath, branch }, operation);
      if (problem === undefined)
        return this.vms.update(vm.id, {
          workspaces: [Object.assign({}, first, { branch, ownBranch: true }), ...others],
        });
      step.detail('it was not made');
      operation.warn(`${vm.name} has no branch ${branch}: ${problem}`);
      return vm;
    });
  }

  async #problem(
    vm: Vm,
    place: { guestPath: string; branch: string },
    { signal }: OperationContext,
  ): Promise<string | undefined> {
    try {
      const ssh = await this.access.connect(vm, signal);
      return await this.importer.startBranch(ssh, place, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return inOneLine(toBangerError(error, 'the branch'));
    }
  }
}
