import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import type { BootableImage } from '../../image/index.js';
import type { SavedMachine } from '../hypervisor/hypervisor.js';
import { MachineTeardown } from '../lifecycle/machine-teardown.js';
import { VmStorage } from '../lifecycle/vm-storage.js';
import type { CopyOrigin } from '../saving/restore-point.js';
import type { SavedMemory } from '../saving/saved-memory.js';
import { SuspendedVms } from '../suspend/suspended-vms.js';
import type { DiskBases } from '../vm-disks.js';
import { VmEvents } from '../vm-events.js';
import { VmRepository } from '../vm.repository.js';
import type { MachineShape, Vm } from '../vm.types.js';
import { CopyStart } from './copy-start.js';

/** What a copy begins as. */
export interface CopySource {
  readonly bases: DiskBases;
  /** left out where only the disks were kept: it boots */
  readonly machine?: {
    readonly saved: SavedMachine;
    readonly shape: MachineShape;
    /** for a copy that goes on later */
    readonly memory?: SavedMemory;
  };
  readonly copyOf: CopyOrigin;
}

export interface CopyRequest {
  readonly vm: Vm;
  readonly image: BootableImage;
  readonly hostKeyPrivate: string;
  readonly source: CopySource;
  /** it does not go on before it is resumed */
  readonly paused: boolean;
  /** that its first repository gets when it runs */
  readonly branch: string | undefined;
}

/** The steps that make a VM of what another one was. Its rollback removes it whole. */
@Injectable()
export class CopySteps {
  constructor(
    private readonly storage: VmStorage,
    private readonly start: CopyStart,
    private readonly suspended: SuspendedVms,
    private readonly teardown: MachineTeardown,
    private readonly vms: VmRepository,
    private readonly events: VmEvents,
  ) {}

  async run(request: CopyRequest, operation: OperationContext): Promise<Vm> {
    const { vm, source, paused } = request;
    operation.rollback.add('the VM', async () => {
      await this.vms.transition(vm, 'deleting');
      await this.teardown.destroy(vm);
    });
    const stored = await operation.step('disk.create', 'creating the disk', () =>
      this.storage.make(request, source.bases, operation.signal),
    );
    const { machine, copyOf } = source;
    this.events.publishCopied({ vm: stored, origin: copyOf });
    if (paused && machine?.memory !== undefined) {
      const { memory, saved } = machine;
      await operation.step('memory.keep', 'keeping its memory', () =>
        this.suspended.keepShared(stored, { memory, source: saved, copyOf }),
      );
      return this.vms.transition(stored, 'suspended');
    }
    const point = machine === undefined ? undefined : { source: machine.saved, shape: machine.shape, copyOf };
    const runs = await this.start.run(stored, request, operation, point);
    return operation.step('vm.ready', 'ready', () => this.vms.transition(runs, 'running'));
  }
}
