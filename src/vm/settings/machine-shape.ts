import type { VmPending } from '../../contract/index.js';
import type { MachineShape, Vm } from '../vm.types.js';

/** What a machine has that is started now, from the VM's settings as they are. */
export function shapeOf(vm: Vm): MachineShape {
  return {
    cpus: vm.cpus,
    memoryMib: vm.memoryMib,
    bootMemoryMib: vm.memoryMib,
    diskMib: vm.diskMib,
    ...(vm.workDiskMib !== undefined && { workDiskMib: vm.workDiskMib }),
    hostName: vm.name,
  };
}

/** What the VM's record says and its running machine does not have; undefined when nothing waits. */
export function pendingOf(vm: Vm): VmPending | undefined {
  const shape = vm.machine?.shape;
  if (shape === undefined) return undefined;
  const differs = <T>(now: T | undefined, next: T | undefined): { now: T; next: T } | undefined =>
    now === undefined || next === undefined || now === next ? undefined : { now, next };
  const all = {
    cpus: differs(shape.cpus, vm.cpus),
    memoryMib: differs(shape.memoryMib, vm.memoryMib),
    diskMib: differs(shape.diskMib, vm.diskMib),
    workDiskMib: differs(shape.workDiskMib, vm.workDiskMib),
    hostName: differs(shape.hostName, vm.name),
  };
  const waiting = Object.entries(all).filter(([, change]) => change !== undefined);
  return waiting.length === 0 ? undefined : Object.fromEntries(waiting);
}

/** Memory that the running machine can have of what the VM shall have. `MiB` */
export function liveMemory(vm: Vm, shape: MachineShape): number {
  return Math.min(vm.memoryMib, shape.bootMemoryMib);
}
