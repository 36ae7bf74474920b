import { Module } from '@nestjs/common';
import { HostModule } from '../host/index.js';
import { BUILTIN_CAPABILITIES } from './builtin-capabilities.js';
import type { Capability } from './capability.js';
import { CapabilityRegistry } from './capability-registry.js';
import { SyncFilesAdapter } from './file-sync/sync-files.adapter.js';
import { SyncFiles } from './file-sync/synced-file.js';

/** Needs Config, Ledger and ProcessRunner from global modules. */
@Module({
  imports: [HostModule],
  providers: [
    ...BUILTIN_CAPABILITIES,
    { provide: SyncFiles, useClass: SyncFilesAdapter },
    {
      provide: CapabilityRegistry,
      useFactory: (...all: Capability[]) => new CapabilityRegistry(all),
      inject: [...BUILTIN_CAPABILITIES],
    },
  ],
  exports: [CapabilityRegistry, SyncFiles],
})
export class CapabilitiesModule {}
