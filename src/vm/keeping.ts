import { VmCopiesController } from './copies/copies.controller.js';
import { CopyBranch } from './copies/copy-branch.js';
import { CopyPreflight } from './copies/copy-preflight.js';
import { CopyStart } from './copies/copy-start.js';
import { CopySteps } from './copies/copy-steps.js';
import { ForkCapture } from './copies/fork-capture.js';
import { VmForkService } from './copies/fork.service.js';
import { SnapshotCopyService } from './copies/snapshot-copy.service.js';
import { VmCopies } from './copies/vm-copies.js';
import { MachineFits } from './saving/machine-fits.js';
import { SavedFiles } from './saving/saved-files.adapter.js';
import { SavedMemories } from './saving/saved-memory.js';
import { DiskRestoration } from './snapshots/disk-restoration.adapter.js';
import { VmRestoreService } from './snapshots/restore.service.js';
import { SnapshotFiles } from './snapshots/snapshot-files.adapter.js';
import { SnapshotHelpers } from './snapshots/snapshot-helpers.js';
import { SnapshotMaker } from './snapshots/snapshot-maker.js';
import { SnapshotPlacement } from './snapshots/snapshot-placement.js';
import { VmSnapshotController } from './snapshots/snapshot.controller.js';
import { VmSnapshotService } from './snapshots/snapshot.service.js';
import { Snapshots } from './snapshots/snapshots.js';
import { VmCapture } from './snapshots/vm-capture.js';
import { Resumption } from './suspend/resumption.js';
import { VmSuspendController } from './suspend/suspend.controller.js';
import { VmSuspendService } from './suspend/suspend.service.js';
import { SuspendedVms } from './suspend/suspended-vms.js';
import { Waking } from './suspend/waking.js';

/** Machines that are kept, to go on later or more than once. */
export const KEEPING = [
  CopyBranch,
  CopyPreflight,
  CopyStart,
  CopySteps,
  DiskRestoration,
  ForkCapture,
  MachineFits,
  Resumption,
  SavedFiles,
  SavedMemories,
  SnapshotCopyService,
  SnapshotFiles,
  SnapshotHelpers,
  SnapshotMaker,
  SnapshotPlacement,
  Snapshots,
  SuspendedVms,
  VmCapture,
  VmCopies,
  VmForkService,
  VmRestoreService,
  VmSnapshotService,
  VmSuspendService,
  Waking,
];

export const KEEPING_CONTROLLERS = [VmCopiesController, VmSnapshotController, VmSuspendController];
