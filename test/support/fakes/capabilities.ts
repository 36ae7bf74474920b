import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CapabilitiesModule, CapabilityRegistry } from '../../../src/capabilities/index.js';
import { Config } from '../../../src/core/config/index.js';
import { Ledger } from '../../../src/core/operations/index.js';
import { LOGGER } from '../../../src/core/logging/index.js';
import { ProcessModule } from '../../../src/core/process/index.js';
import { MemoryLedger } from './memory-ledger.js';
import { pino } from 'pino';

/** The real capabilities, as the daemon has them, over a ledger in memory. */
export async function builtinCapabilities(
  config: Config,
): Promise<{ registry: CapabilityRegistry; ledger: MemoryLedger; close: () => Promise<void> }> {
  const ledger = new MemoryLedger();
  @Global()
  @Module({
    providers: [
      { provide: Config, useValue: config },
      { provide: Ledger, useValue: ledger },
      { provide: LOGGER, useValue: pino({ level: 'silent' }) },
    ],
    exports: [Config, Ledger, LOGGER],
  })
  class Globals {}
  const module = await Test.createTestingModule({
    imports: [Globals, ProcessModule, CapabilitiesModule],
  }).compile();
  await module.init();
  return { registry: module.get(CapabilityRegistry), ledger, close: () => module.close() };
}
