import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import { DiskBackend, HostDirectories, UidLeases } from '../../host/index.js';
import type { BootableImage } from '../../image/index.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import type { WorkspacePlan } from '../workspace-importer.js';
import { BootService } from './boot.service.js';
import { MachineTeardown } from './machine-teardown.js';
import { WorkspaceStep } from './workspace-step.js';

export interface CreateRequest {
  readonly vm: Vm;
  readonly image: BootableImage;
  readonly hostKeyPrivate: string;
  readonly workspace: WorkspacePlan | undefined;
}

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
    const stored = await operation.step('disk.create', 'creating the disk', () => this.storage.make(request));
    const booted = await this.boot.boot(stored, request.image, operation);
    if (request.workspace !== undefined) await this.workspaces.run(booted, request.workspace, operation);
    return operation.step('vm.ready', 'ready', () => this.vms.transition(booted, 'running'));
  }
}

/** What a VM keeps on disk, made through the ledger. */
@Injectable()
export class VmStorage {
  constructor(
    private readonly directories: HostDirectories,
    private readonly uids: UidLeases,
    private readonly disks: DiskBackend,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    private readonly vms: VmRepository,
  ) {}

  async make({ vm, image, hostKeyPrivate }: CreateRequest): Promise<Vm> {
    const owner = { type: 'vm', id: vm.id } as const;
    const paths = this.paths.of(vm.id);
    const uid = await this.uids.acquire(owner);
    const leased = uid === undefined ? vm : await this.vms.update(vm.id, { uid });
    await this.directories.make(paths.directory, { owner, mode: 0o711 });
    await this.files.write(paths.hostKey, hostKeyPrivate, { mode: 0o600 });
    await this.disks.createOverlay({
      basePath: image.rootPath,
      baseFormat: image.rootFormat,
      path: paths.disk,
      sizeBytes: vm.diskMib * 1024 * 1024,
      ...(uid !== undefined && { uid }),
    });
    return leased;
  }
}
