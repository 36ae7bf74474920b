import { Injectable } from '@nestjs/common';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';
import { parseRecord, recordOf } from './vm-record.js';
import type { VmRecord } from './vm-record.js';

/** The small record beside each VM's disk, from which the books can be made again. */
@Injectable()
export class VmRecords {
  /** what was written or found last, by VM */
  readonly #known = new Map<string, string>();

  constructor(
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
  ) {}

  async read(id: string): Promise<VmRecord | undefined> {
    const text = await this.files.readIfPresent(this.paths.of(id).record).catch(() => undefined);
    return text === undefined ? undefined : parseRecord(text, id);
  }

  /** Writes those that have changed; what has no directory has no record. */
  async keep(vms: readonly Vm[]): Promise<void> {
    const current = new Set(vms.map(({ id }) => id));
    for (const id of this.#known.keys()) if (!current.has(id)) this.#known.delete(id);
    for (const vm of vms) if (vm.state !== 'creating' && vm.state !== 'deleting') await this.#keep(vm);
  }

  async #keep(vm: Vm): Promise<void> {
    const { record } = this.paths.of(vm.id);
    const text = `${JSON.stringify(recordOf(vm), undefined, 2)}\n`;
    if (this.#known.get(vm.id) === text) return;
    try {
      if ((await this.files.readIfPresent(record)) !== text)
        await this.files.write(record, text, { mode: 0o600 });
      this.#known.set(vm.id, text);
    } catch (error) {
      // the directory is gone: the doctor tells of that
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
