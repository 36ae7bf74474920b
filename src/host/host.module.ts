import { Module } from '@nestjs/common';
import { DisksModule } from './disk/disks.module.js';
import { HostDirectories } from './directories/host-directories.js';
import { LedgerHostDirectories } from './directories/host-directories.adapter.js';
import { HostFactsModule } from './facts/host-facts.module.js';
import { HostUndos } from './host-undos.js';
import { DaemonKey } from './keys/daemon-key.adapter.js';
import { LeaseProbe } from './leases/lease-probe.js';
import { LinuxLeaseProbe } from './leases/lease-probe.adapter.js';
import { PortDoorbells } from './leases/port-doorbells.adapter.js';
import { PortLeases } from './leases/port-leases.js';
import { PublishedPortLeases } from './leases/published-port-leases.js';
import { UidLeases } from './leases/uid-leases.js';

/** The machine underneath. Needs Config, Ledger and ProcessRunner from global modules. */
@Module({
  imports: [DisksModule, HostFactsModule],
  providers: [
    { provide: HostDirectories, useClass: LedgerHostDirectories },
    { provide: LeaseProbe, useClass: LinuxLeaseProbe },
    DaemonKey,
    PortDoorbells,
    PortLeases,
    PublishedPortLeases,
    UidLeases,
    HostUndos,
  ],
  exports: [
    DisksModule,
    HostFactsModule,
    HostDirectories,
    DaemonKey,
    PortDoorbells,
    PortLeases,
    PublishedPortLeases,
    UidLeases,
  ],
})
export class HostModule {}
