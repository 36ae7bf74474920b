import { Module } from '@nestjs/common';
import { DisksModule } from '../../host/index.js';
import { HypervisorModule } from '../hypervisor/hypervisor.module.js';
import { VmRecords } from '../records/vm-records.js';
import { DiskUsage } from '../reaper/disk-usage.adapter.js';
import { LeftoverFinder } from '../reaper/leftover-finder.js';
import { MachineProcesses } from '../reaper/machine-processes.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmDirectories } from './vm-directory.adapter.js';
import { VmInspector } from './vm-inspector.js';

const PARTS = [VmDirectories, VmInspector, VmRecords, LeftoverFinder, MachineProcesses];

/** What looks at the VMs on the host without a database of its own. Needs BookReader, Clock, Config and ProcessRunner. */
@Module({
  imports: [DisksModule, HypervisorModule],
  providers: [...PARTS, DiskUsage, VmFiles, VmPathFinder],
  exports: [...PARTS],
})
export class VmInspectionModule {}
