import { Module } from '@nestjs/common';
import { HostModule } from '../host/index.js';
import { BUILTIN_CAPABILITIES } from './builtin-capabilities.js';
import type { Capability } from './capability.js';
import { CapabilityRegistry } from './capability-registry.js';

/** Needs Config, Ledger and ProcessRunner from global modules. */
@Module({
  imports: [HostModule],
  providers: [
    ...BUILTIN_CAPABILITIES,
    {
      provide: CapabilityRegistry,
      useFactory: (...all: Capability[]) => new CapabilityRegistry(all),
      inject: [...BUILTIN_CAPABILITIES],
    },
  ],
  exports: [CapabilityRegistry],
})
export class CapabilitiesModule {}
