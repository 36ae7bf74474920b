import type { VmSettings } from '../../contract/vm.dto.js';

/** `--cpus`, `--memory`, `--disk` and `--work-disk`: the shape of a VM. */
export interface ShapeOptions {
  cpus?: number;
  memory?: number;
  disk?: number;
  workDisk?: number;
}

export function shapeParams(
  options: ShapeOptions,
): Pick<VmSettings, 'cpus' | 'memoryMib' | 'diskMib' | 'workDiskMib'> {
  return {
    ...(options.cpus !== undefined && { cpus: options.cpus }),
    ...(options.memory !== undefined && { memoryMib: options.memory }),
    ...(options.disk !== undefined && { diskMib: options.disk }),
    ...(options.workDisk !== undefined && { workDiskMib: options.workDisk }),
  };
}
