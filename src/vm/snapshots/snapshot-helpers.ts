import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { newId } from '../../core/ids.js';
import { Ledger } from '../../core/operations/index.js';
import type { LedgerEntry } from '../../core/operations/index.js';
import { HostDirectories } from '../../host/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { SnapshotHelper } from '../hypervisor/hypervisor.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';

const PREFIX = 'snp';

/** The process that a hypervisor may need beside the machine to make a snapshot, with its directory. */
@Injectable()
export class SnapshotHelpers {
  constructor(
    private readonly config: Config,
    private readonly hypervisor: Hypervisor,
    private readonly ledger: Ledger,
    private readonly directories: HostDirectories,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
  ) {}

  /** Both are gone when this settles. */
  async with<T>(vm: Pick<Vm, 'id' | 'uid'>, body: (helper: SnapshotHelper) => Promise<T>): Promise<T> {
    const id = newId(PREFIX);
    const owner = { type: 'vm', id: vm.id } as const;
    const { uid } = vm;
    const marker = this.hypervisor.processMarker(id);
    const runtimeDirectory = this.config.vmRuntimeDirectory(id);
    const logPath = this.#logPath(vm, id);
    await this.directories.make(runtimeDirectory, { owner, mode: 0o700, uid });
    const helper: SnapshotHelper = {
      id,
      runtimeDirectory,
      logPath,
      uid,
      onSpawn: (process) => this.ledger.update('process', id, { marker, process }),
    };
    try {
      return await this.ledger.make({ kind: 'process', key: id, owner, data: { marker } }, async () => {
        try {
          return await body(helper);
        } finally {
          // Before it is struck off: as long as it is in the ledger the next daemon takes away what it has left.
          await this.files.remove(logPath);
        }
      });
    } finally {
      await this.ledger.release('process', id);
      await this.ledger.release('directory', runtimeDirectory);
    }
  }

  /** What a daemon that was killed has left of them. @param entries of all VMs or of this */
  async release(vm: Pick<Vm, 'id'>, entries: readonly LedgerEntry[]): Promise<void> {
    for (const { kind, key, owner } of entries.toReversed()) {
      const isOurs = owner.type === 'vm' && owner.id === vm.id && key.includes(`${PREFIX}_`);
      if (isOurs && kind === 'process') await this.files.remove(this.#logPath(vm, key));
      if (isOurs && (kind === 'process' || kind === 'directory')) await this.ledger.release(kind, key);
    }
  }

  /** Not where its sockets are: that is the VMM's user's, who could put a link there. */
  #logPath(vm: Pick<Vm, 'id'>, id: string): string {
    return `${this.paths.of(vm.id).directory}/${id}.log`;
  }
}
