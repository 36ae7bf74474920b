import type { Provider } from '@nestjs/common';
import { RecordKeeper } from '../records/record-keeper.js';
import { OrphanedOwners } from '../records/orphaned-owners.js';
import { VmBooking } from '../records/vm-booking.js';
import { VmRegistration } from '../records/vm-registration.js';
import { VmFileRepair } from './vm-file-repair.js';
import { DaemonHands, VmHands } from './vm-hands.js';
import { VmInspectionModule } from './vm-inspection.module.js';
import { VmMender } from './vm-mender.js';
import { VmRepair } from './vm-repair.js';
import { VmRescue } from './vm-rescue.js';

/** What puts VMs right again. */
export const VM_DOCTOR: Provider[] = [
  { provide: VmHands, useClass: DaemonHands },
  RecordKeeper,
  OrphanedOwners,
  VmBooking,
  VmFileRepair,
  VmMender,
  VmRegistration,
  VmRepair,
  VmRescue,
];

export const VM_DOCTOR_EXPORTS = [OrphanedOwners, VmHands, VmInspectionModule, VmRegistration, VmRepair];
