import type { VmView } from '../contract/index.js';
import type { Vm } from './vm.types.js';

/** The public form of a VM. Nothing that is not listed here leaves the daemon. */
export function toVmView(vm: Vm): VmView {
  return {
    id: vm.id,
    name: vm.name,
    state: vm.state,
    image: vm.imageName,
    cpus: vm.cpus,
    memoryMib: vm.memoryMib,
    diskMib: vm.diskMib,
    env: { ...vm.env },
    ephemeral: vm.ephemeral,
    hypervisor: vm.hypervisor,
    ...(vm.accelerator !== undefined && { accelerator: vm.accelerator }),
    ...(vm.machine !== undefined && { pid: vm.machine.process.pid }),
    ...(vm.machine !== undefined && vm.sshPort !== undefined && { sshPort: vm.sshPort }),
    ...(vm.workspace !== undefined && { workspace: vm.workspace }),
    ...(vm.error !== undefined && { error: vm.error }),
    createdAt: vm.createdAt.toISOString(),
    ...(vm.startedAt !== undefined && { startedAt: vm.startedAt.toISOString() }),
  };
}
