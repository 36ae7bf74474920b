import { Module } from '@nestjs/common';
import { LinuxHostFacts } from './host-facts.adapter.js';
import { HostFacts } from './host-facts.js';

/** Apart from HostModule, so that doctor runs without a ledger. */
@Module({ providers: [{ provide: HostFacts, useClass: LinuxHostFacts }], exports: [HostFacts] })
export class HostFactsModule {}
