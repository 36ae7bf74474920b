import { BangerError } from '../../core/errors/index.js';

/** What a VM had in memory cannot be gone on from. */
export class SavedMemoryError extends BangerError<'SAVED_MEMORY_UNUSABLE'> {
  constructor(vm: string, reason: string) {
    super('SAVED_MEMORY_UNUSABLE', `what ${vm} had in memory cannot be used any more`, {
      details: { vm, reason },
      why: reason,
      fix: `its disks are whole: it can boot from them (banger vm start ${vm})`,
    });
  }
}
