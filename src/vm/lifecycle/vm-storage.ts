import { Injectable } from '@nestjs/common';
import { HostDirectories, UidLeases } from '../../host/index.js';
import { VmDisks } from '../vm-disks.js';
import type { DiskBases } from '../vm-disks.js';
import { VmFiles } from '../vm-files.adapter.js';
import { vmDirectoryOptions, VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import type { CreateRequest } from './create-request.js';

/** What a VM keeps on disk, made through the ledger. */
@Injectable()
export class VmStorage {
  constructor(
    private readonly directories: HostDirectories,
    private readonly uids: UidLeases,
    private readonly disks: VmDisks,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    private readonly vms: VmRepository,
  ) {}

  /** Repeatable, also from other bases. */
  async make(
    { vm, hostKeyPrivate }: Pick<CreateRequest, 'vm' | 'hostKeyPrivate'>,
    bases: DiskBases,
    signal: AbortSignal,
  ): Promise<Vm> {
    const owner = { type: 'vm', id: vm.id } as const;
    const paths = this.paths.of(vm.id);
    const uid = await this.uids.acquire(owner);
    const leased = uid === undefined ? vm : await this.vms.update(vm.id, { uid });
    await this.directories.make(paths.directory, vmDirectoryOptions(leased));
    await this.files.write(paths.hostKey, hostKeyPrivate, { mode: 0o600 });
    await this.disks.make(leased, bases, { owner, signal });
    return leased;
  }
}
