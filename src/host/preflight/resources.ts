import { DiskFullError } from '../../core/errors/index.js';
import { plural } from '../../core/plural.js';
import { VmResourcesInvalidError } from '../host.errors.js';

export const MIN_MEMORY_MIB = 64;
/** ext4 with blocks of 4 KiB ends here: 16 TiB */
export const MAX_DISK_MIB = 16 * 1024 * 1024;
/** size of the file system that an image has for it */
const MIN_WORK_DISK_MIB = 512;
/** Left free on the host's file system whatever a VM is given; the database must always be able to write. `bytes` */
const RESERVE_BYTES = 256 * 1024 * 1024;

export interface ResourceRequest {
  readonly cpus: number;
  readonly memoryMib: number;
  /** the image's own size when undefined */
  readonly diskMib?: number | undefined;
  /** none when undefined */
  readonly workDiskMib?: number | undefined;
}

export interface ResourceFacts {
  readonly cpus: number;
  readonly memoryTotalMib: number;
  /** size of the image's disk, `bytes` */
  readonly imageBytes: number;
}

/** Everything that the host cannot give a VM, however busy it is now. */
export function resourceProblems(request: ResourceRequest, facts: ResourceFacts): VmResourcesInvalidError[] {
  const problems = [
    cpuProblem(request.cpus, facts.cpus),
    memoryProblem(request.memoryMib, facts.memoryTotalMib),
    request.diskMib === undefined
      ? undefined
      : diskProblem(request.diskMib, Math.ceil(facts.imageBytes / (1024 * 1024))),
    request.workDiskMib === undefined ? undefined : workDiskProblem(request.workDiskMib),
  ];
  return problems.filter((problem) => problem !== undefined);
}

function cpuProblem(requested: number, max: number): VmResourcesInvalidError | undefined {
  if (isWithin(requested, 1, max)) return undefined;
  return new VmResourcesInvalidError({
    resource: 'cpus',
    requested,
    min: 1,
    max,
    why: requested > max ? `this host has ${plural(max, 'CPU')}` : 'a VM needs at least one CPU',
    fix: max === 1 ? 'ask for 1 CPU' : `ask for 1 to ${max} CPUs`,
  });
}

function memoryProblem(requested: number, max: number): VmResourcesInvalidError | undefined {
  if (isWithin(requested, MIN_MEMORY_MIB, max)) return undefined;
  return new VmResourcesInvalidError({
    resource: 'memory',
    requested,
    min: MIN_MEMORY_MIB,
    max,
    why:
      requested > max
        ? `this host has ${max} MiB of memory`
        : `Linux does not start with less than ${MIN_MEMORY_MIB} MiB`,
    fix: `ask for ${MIN_MEMORY_MIB} to ${max} MiB`,
  });
}

function diskProblem(requested: number, min: number): VmResourcesInvalidError | undefined {
  if (isWithin(requested, min, MAX_DISK_MIB)) return undefined;
  return new VmResourcesInvalidError({
    resource: 'disk',
    requested,
    min,
    max: MAX_DISK_MIB,
    why:
      requested > MAX_DISK_MIB
        ? `a file system in the guest ends at ${MAX_DISK_MIB} MiB`
        : `the image's own disk has ${min} MiB, and a disk cannot be made smaller than that`,
    fix: `ask for ${min} to ${MAX_DISK_MIB} MiB, or leave the size out`,
  });
}

function workDiskProblem(requested: number): VmResourcesInvalidError | undefined {
  if (isWithin(requested, MIN_WORK_DISK_MIB, MAX_DISK_MIB)) return undefined;
  return new VmResourcesInvalidError({
    resource: 'work-disk',
    requested,
    min: MIN_WORK_DISK_MIB,
    max: MAX_DISK_MIB,
    why:
      requested > MAX_DISK_MIB
        ? `a file system in the guest ends at ${MAX_DISK_MIB} MiB`
        : `a file system with a journal takes ${MIN_WORK_DISK_MIB} MiB`,
    fix: `ask for ${MIN_WORK_DISK_MIB} to ${MAX_DISK_MIB} MiB, or leave it out`,
  });
}

/** @throws DiskFullError when less than what is needed, and a reserve, is free at the path */
export function checkFreeSpace(facts: { path: string; freeBytes: number; neededBytes: number }): void {
  if (facts.freeBytes < facts.neededBytes + RESERVE_BYTES) throw new DiskFullError(facts.path);
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
