import { BangerError } from '../../core/errors/index.js';

export class SnapshotNotFoundError extends BangerError<'SNAPSHOT_NOT_FOUND'> {
  constructor(vm: string, snapshot: string, available: string[]) {
    super('SNAPSHOT_NOT_FOUND', `the VM ${vm} has no snapshot called ${JSON.stringify(snapshot)}`, {
      details: { vm, snapshot, available },
      why: available.length === 0 ? 'it has none' : `it has ${available.join(', ')}`,
      fix: `see what there is: banger vm snapshot list ${vm}`,
    });
  }
}

export class SnapshotNameTakenError extends BangerError<'SNAPSHOT_NAME_TAKEN'> {
  constructor(vm: string, snapshot: string) {
    super('SNAPSHOT_NAME_TAKEN', `the VM ${vm} has a snapshot called ${JSON.stringify(snapshot)} already`, {
      details: { vm, snapshot },
      fix: `choose another name, or delete that one: banger vm snapshot delete ${vm} ${snapshot}`,
    });
  }
}

export class SnapshotDamagedError extends BangerError<'SNAPSHOT_DAMAGED'> {
  constructor(vm: string, snapshot: string, reason: string) {
    super('SNAPSHOT_DAMAGED', `the snapshot ${snapshot} of ${vm} is damaged: ${reason}`, {
      details: { vm, snapshot, reason },
      why: 'its files were changed or removed from outside, or the storage below them is failing',
      fix: `put the file back from a copy, or delete it: banger vm snapshot delete ${vm} ${snapshot}`,
    });
  }
}
