import { Inject, Injectable } from '@nestjs/common';
import { Config, DISK_BACKEND_NAMES } from '../../core/config/index.js';
import { DiskBackendUnavailableError } from '../host.errors.js';
import { DISK_BACKENDS } from './disk-backend.js';
import type { DiskBackend, DiskBackendProbe } from './disk-backend.js';

export interface ProbedBackend {
  readonly backend: DiskBackend;
  readonly probe: DiskBackendProbe;
}

/** Which backend makes the disks of new VMs, and which one has made those of a VM that there is. */
@Injectable()
export class DiskBackends {
  constructor(
    @Inject(DISK_BACKENDS) private readonly all: readonly DiskBackend[],
    private readonly config: Config,
  ) {}

  /** For a new VM: the configured one, otherwise the best that works here. @throws DiskBackendUnavailableError */
  async choose(): Promise<DiskBackend> {
    const { diskBackend } = this.config.values;
    const reasons: string[] = [];
    for (const backend of this.#inOrder()) {
      if (diskBackend !== 'auto' && backend.kind !== diskBackend) continue;
      const { available, reason = 'unknown' } = await backend.probe();
      if (available) return backend;
      reasons.push(`${backend.kind}: ${reason}`);
    }
    throw DiskBackendUnavailableError.forNewDisks(diskBackend === 'auto' ? undefined : diskBackend, reasons);
  }

  /** The one that has made a VM's disks. @throws DiskBackendUnavailableError for a kind that this version does not have */
  of(kind: string): DiskBackend {
    const found = this.all.find((backend) => backend.kind === kind);
    if (found === undefined) throw DiskBackendUnavailableError.unknownKind(kind, DISK_BACKEND_NAMES);
    return found;
  }

  /** All, best first, each with whether it works here. */
  async probeAll(): Promise<ProbedBackend[]> {
    return Promise.all(this.#inOrder().map(async (backend) => ({ backend, probe: await backend.probe() })));
  }

  /** Best first. */
  #inOrder(): DiskBackend[] {
    return DISK_BACKEND_NAMES.flatMap((kind) => this.all.filter((backend) => backend.kind === kind));
  }
}
