import { spawn } from 'node:child_process';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule, TestingModuleBuilder } from '@nestjs/testing';
import { Config } from '../../../../src/core/config/index.js';
import { Ledger } from '../../../../src/core/operations/index.js';
import { ProcessModule } from '../../../../src/core/process/index.js';
import { HostModule } from '../../../../src/host/index.js';
import type { Disk } from '../../../../src/host/index.js';
import { MemoryLedger } from '../../../support/fakes/memory-ledger.js';

/** The host module without a database: a store that is about to be filled is no place for one. */
export async function openDisks(
  config: Config,
  change: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<TestingModule> {
  @Global()
  @Module({
    providers: [
      { provide: Config, useValue: config },
      { provide: Ledger, useValue: new MemoryLedger() },
    ],
    exports: [Config, Ledger],
  })
  class Globals {}
  return change(Test.createTestingModule({ imports: [Globals, ProcessModule, HostModule] })).compile();
}

/** A VMM that has the disk open and does nothing. @returns ends it */
export async function holdOpen({ path, format }: Disk): Promise<() => Promise<void>> {
  const blockdev = { driver: format, 'node-name': 'd0', file: { driver: 'file', filename: path } };
  const args = ['-nodefaults', '-display', 'none', '-S', '-machine', 'q35', '-m', '32', '-qmp', 'stdio'];
  args.push('-blockdev', JSON.stringify(blockdev), '-device', 'virtio-blk-pci,drive=d0');
  const vmm = spawn('qemu-system-x86_64', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => vmm.once('close', resolve));
  // it greets when all its disks are open
  await Promise.race([new Promise((resolve) => vmm.stdout.once('data', resolve)), ended]);
  return async () => {
    vmm.kill('SIGKILL');
    await ended;
  };
}
