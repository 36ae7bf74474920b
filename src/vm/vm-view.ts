import type { VmView } from '../contract/index.js';
import { pendingOf } from './settings/machine-shape.js';
import type { Vm } from './vm.types.js';

/** The public form of a VM. Nothing that is not listed here leaves the daemon. */
export function toVmView(vm: Vm, idleStopAt?: Date): VmView {
  return {
    id: vm.id,
    name: vm.name,
    state: vm.state,
    image: vm.imageName,
    cpus: vm.cpus,
    memoryMib: vm.memoryMib,
    diskMib: vm.diskMib,
    ...(vm.workDiskMib !== undefined && { workDiskMib: vm.workDiskMib }),
    diskBackend: vm.diskBackend,
    labels: { ...vm.labels },
    publishedPorts: [...vm.publishedPorts],
    ...lifeOf(vm, idleStopAt),
    env: { ...vm.env },
    ephemeral: vm.ephemeral,
    hypervisor: vm.hypervisor,
    ...(vm.accelerator !== undefined && { accelerator: vm.accelerator }),
    ...machineView(vm),
    workspaces: [...vm.workspaces],
    ...(vm.error !== undefined && { error: vm.error }),
    ...timesOf(vm),
  };
}

type Life =
  'ttlSeconds' | 'expiresAt' | 'idleStopSeconds' | 'idleStopAt' | 'restartPolicy' | 'restarts' | 'restartAt';

function lifeOf(vm: Vm, idleStopAt: Date | undefined): Pick<VmView, Life> {
  return {
    ...(vm.ttlSeconds !== undefined && { ttlSeconds: vm.ttlSeconds }),
    ...(vm.expiresAt !== undefined && { expiresAt: vm.expiresAt.toISOString() }),
    ...(vm.idleStopSeconds !== undefined && { idleStopSeconds: vm.idleStopSeconds }),
    ...(idleStopAt !== undefined && { idleStopAt: idleStopAt.toISOString() }),
    restartPolicy: vm.restartPolicy,
    restarts: vm.restarts,
    ...(vm.restartAt !== undefined && { restartAt: vm.restartAt.toISOString() }),
  };
}

function timesOf(vm: Vm): Pick<VmView, 'createdAt' | 'startedAt' | 'stoppedAt' | 'lastEnd'> {
  return {
    createdAt: vm.createdAt.toISOString(),
    ...(vm.startedAt !== undefined && { startedAt: vm.startedAt.toISOString() }),
    ...(vm.stoppedAt !== undefined && { stoppedAt: vm.stoppedAt.toISOString() }),
    ...(vm.lastEnd !== undefined && { lastEnd: vm.lastEnd }),
  };
}

/** What only a VM has whose machine runs. */
function machineView(vm: Vm): Pick<VmView, 'pid' | 'sshPort' | 'pending'> {
  if (vm.machine === undefined) return {};
  const pending = pendingOf(vm);
  return {
    pid: vm.machine.process.pid,
    ...(vm.sshPort !== undefined && { sshPort: vm.sshPort }),
    ...(pending !== undefined && { pending }),
  };
}
