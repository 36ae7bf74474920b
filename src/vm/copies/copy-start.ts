import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import type { BootableImage } from '../../image/index.js';
import { BootService } from '../lifecycle/boot.service.js';
import type { RestorePoint } from '../saving/restore-point.js';
import type { Vm } from '../vm.types.js';
import { CopyBranch } from './copy-branch.js';

/** Has a copy go on, or boot, until it can be used: on a branch of its own where one is asked for. */
@Injectable()
export class CopyStart {
  constructor(
    private readonly boot: BootService,
    private readonly branches: CopyBranch,
  ) {}

  /** @param vm with its disks @param from where its machine goes on; it boots without */
  async run(
    vm: Vm,
    { image, branch }: { image: BootableImage; branch: string | undefined },
    operation: OperationContext,
    from: RestorePoint | undefined,
  ): Promise<Vm> {
    const runs = await this.boot.boot(vm, image, operation, from);
    return branch === undefined ? runs : this.branches.start(runs, branch, operation);
  }
}
