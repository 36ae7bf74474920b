import type { NewVm } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';

/** What of a VM is worth keeping beside its disk: enough to enter it into an empty database. JSON. */
export interface VmRecord {
  readonly version: 1;
  readonly vm: Omit<NewVm, 'expiresAt'> & {
    /** ISO 8601, UTC */
    readonly expiresAt?: string | undefined;
    readonly workspaces?: Vm['workspaces'];
    /** as earlier versions wrote it: the only one */
    readonly workspace?: Vm['workspaces'][number];
  };
}

export function recordOf(vm: Vm): VmRecord {
  const {
    imageName: _imageName,
    machine: _machine,
    error: _error,
    startedAt: _startedAt,
    stoppedAt: _stoppedAt,
    createdAt: _createdAt,
    state: _state,
    restarts: _restarts,
    restartAt: _restartAt,
    lastEnd: _lastEnd,
    expiresAt,
    ...kept
  } = vm;
  return { version: 1, vm: { ...kept, expiresAt: expiresAt?.toISOString() } };
}

/** Only the daemon writes the file; still, whatever is not one of its records is none. */
export function parseRecord(text: string, id: string): VmRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1)
    return undefined;
  const { vm } = value as unknown as VmRecord;
  const complete =
    typeof vm === 'object' &&
    vm.id === id &&
    [vm.name, vm.imageId, vm.mac, vm.machineId, vm.hostKeyPublic].every((one) => typeof one === 'string') &&
    [vm.cpus, vm.memoryMib, vm.diskMib].every((one) => Number.isInteger(one));
  return complete ? (value as unknown as VmRecord) : undefined;
}
