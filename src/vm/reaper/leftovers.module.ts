import { Module } from '@nestjs/common';
import { HostModule } from '../../host/index.js';
import { HypervisorModule } from '../hypervisor/hypervisor.module.js';
import { VmBooksModule } from '../vm-books.module.js';
import { DiskUsage } from './disk-usage.adapter.js';
import { LeftoverFinder } from './leftover-finder.js';
import { Leftovers } from './leftovers.js';
import { MachineProcesses } from './machine-processes.js';

/** Apart from VmModule, so that the doctor needs no running daemon for it. Needs Clock, Config, Database and Ledger. */
@Module({
  imports: [HostModule, HypervisorModule, VmBooksModule],
  providers: [DiskUsage, LeftoverFinder, Leftovers, MachineProcesses],
  exports: [DiskUsage, Leftovers],
})
export class LeftoversModule {}
