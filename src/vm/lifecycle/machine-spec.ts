import type { MachineDraft } from '../../capabilities/index.js';
import type { BootableImage } from '../../image/index.js';
import type { DriveSpec, MachineSpec } from '../hypervisor/hypervisor.js';
import type { VmPaths } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';

/** What to run, of what is known of a machine and what has been made for it. Pure. */
export function machineSpecOf(
  { id, name, cpus, memoryMib, uid }: Pick<Vm, 'id' | 'name' | 'cpus' | 'memoryMib' | 'uid'>,
  {
    image,
    draft,
    drives,
    paths,
  }: {
    image: BootableImage;
    draft: MachineDraft;
    drives: readonly DriveSpec[];
    paths: VmPaths;
  },
): MachineSpec {
  return {
    id,
    name,
    cpus,
    memoryMib,
    kernelPath: image.kernelPath,
    initrdPath: image.initrdPath,
    bootArguments: [...image.bootArguments, ...draft.bootArguments],
    drives,
    nics: draft.nics,
    consolePath: paths.console,
    logPath: paths.vmmLog,
    runtimeDirectory: paths.runtimeDirectory,
    ...(uid !== undefined && { uid }),
  };
}
