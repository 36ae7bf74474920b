import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { BootService } from './boot.service.js';
import type { CreateRequest } from './create-request.js';
import { MachineTeardown } from './machine-teardown.js';
import { VmStorage } from './vm-storage.js';
import { WorkspaceStep } from './workspace-step.js';

/** The steps of a creation, in order. Its rollback removes the VM whole: a failed creation leaves nothing behind. */
@Injectable()
export class CreateSteps {
  constructor(
    private readonly storage: VmStorage,
    private readonly boot: BootService,
    private readonly workspaces: WorkspaceStep,
    private readonly teardown: MachineTeardown,
    private readonly vms: VmRepository,
  ) {}

  async run(request: CreateRequest, operation: OperationContext): Promise<Vm> {
    operation.rollback.add('the VM', async () => {
      await this.vms.transition(request.vm, 'deleting');
      await this.teardown.destroy(request.vm);
    });
    const stored = await operation.step('disk.create', 'creating the disk', () =>
      this.storage.make(request, operation.signal),
    );
    const booted = await this.boot.boot(stored, request.image, operation);
    if (request.workspace !== undefined) await this.workspaces.run(booted, request.workspace, operation);
    return operation.step('vm.ready', 'ready', () => this.vms.transition(booted, 'running'));
  }
}
