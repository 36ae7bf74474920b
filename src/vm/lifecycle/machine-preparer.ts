import { Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import type { MachineDraft } from '../../capabilities/index.js';
import { HostDirectories } from '../../host/index.js';
import type { BootableImage } from '../../image/index.js';
import type { MachineSpec } from '../hypervisor/hypervisor.js';
import { identityArchive } from '../identity/identity-disk.js';
import { VmDisks } from '../vm-disks.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';
import { machineSpecOf } from './machine-spec.js';
import { VmFactsGatherer } from './vm-facts.js';

export interface PreparedMachine {
  readonly spec: MachineSpec;
  /** what the capabilities want: also what a guest that does not boot has to be told */
  readonly draft: MachineDraft;
}

/** Makes everything that a VMM finds when it starts, from the VM's facts and the capabilities. */
@Injectable()
export class MachinePreparer {
  constructor(
    private readonly capabilities: CapabilityRegistry,
    private readonly directories: HostDirectories,
    private readonly disks: VmDisks,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    private readonly facts: VmFactsGatherer,
  ) {}

  /** Repeatable: a second start replaces what the first one made. */
  async prepare(vm: Vm, image: BootableImage): Promise<PreparedMachine> {
    const paths = this.paths.of(vm.id);
    const draft = this.capabilities.configure(await this.facts.gather(vm));
    const owner = { type: 'vm', id: vm.id } as const;
    await this.directories.make(paths.runtimeDirectory, { owner, mode: 0o700, uid: vm.uid });
    await this.files.write(paths.identity, await identityArchive(draft.identityFiles), {
      mode: 0o400,
      uid: vm.uid,
    });
    // The daemon writes it from the console's socket; what an earlier start left would only mislead.
    await this.files.write(paths.console, '', { mode: 0o600 });
    await this.files.write(paths.knownHosts, `${vm.id}.vm ${vm.hostKeyPublic}\n`, { mode: 0o644 });
    const drives = this.disks.drives(vm, paths.identity);
    return { spec: machineSpecOf(vm, { image, draft, drives, paths }), draft };
  }
}
