import { Injectable } from '@nestjs/common';
import { DiskFlattener } from '../../host/index.js';
import { workPath } from '../../image/index.js';
import type { Making } from '../../image/index.js';
import { VmDisks } from '../vm-disks.js';
import type { Vm } from '../vm.types.js';

/** A copy, and what is made of it, beside each other. */
const COPIES = 2;

type Down = Pick<Vm, 'id' | 'name' | 'diskBackend' | 'workDiskMib'>;

/** The disks of a VM that is down, as an image that is made of it gets them. */
@Injectable()
export class PromotedDisks {
  constructor(
    private readonly disks: VmDisks,
    private readonly flattener: DiskFlattener,
  ) {}

  /** @throws VmDiskMissingError, VmDamagedError, DiskFullError when there is no room for an image of them */
  async check(vm: Down): Promise<void> {
    await this.disks.mend(vm);
    await this.disks.check(vm);
    let bytes = 0;
    for (const disk of [this.disks.root(vm), this.disks.work(vm)])
      if (disk !== undefined) bytes += await this.flattener.measure(disk);
    await this.disks.checkRoom(COPIES * bytes);
  }

  /** Copies them to a site, where they stand on nothing. @returns as whom programs are to read them */
  async copy(vm: Down, { directory, signal }: Making['site']): Promise<{ uid: number; gid: number }> {
    const work = this.disks.work(vm);
    if (work !== undefined) await this.flattener.flatten(work, workPath(directory, 'work'), signal);
    return this.flattener.flatten(this.disks.root(vm), workPath(directory, 'root'), signal);
  }
}
