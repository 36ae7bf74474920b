import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClockModule } from '../../../src/core/clock/index.js';
import { Config, ConfigModule } from '../../../src/core/config/index.js';
import { DatabaseModule } from '../../../src/core/database/index.js';
import { createLogger, LoggingModule } from '../../../src/core/logging/index.js';
import { Ledger, OperationsModule } from '../../../src/core/operations/index.js';
import { ProcessModule } from '../../../src/core/process/index.js';
import { HostDirectories, HostModule } from '../../../src/host/index.js';
import { Leftovers, LeftoversModule } from '../../../src/vm/index.js';
import { configIn } from '../host/support/host-fixture.js';

let directory: string;
let config: Config;
let module: TestingModule;
let leftovers: Leftovers;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-left-'));
  await chmod(directory, 0o711);
  config = await configIn(directory);
  module = await Test.createTestingModule({
    imports: [
      ConfigModule.forConfig(config),
      LoggingModule.forLogger(createLogger({ level: 'silent' })),
      ClockModule,
      DatabaseModule,
      ProcessModule,
      OperationsModule,
      HostModule,
      LeftoversModule,
    ],
  }).compile();
  await module.init();
  await module.get(HostDirectories).prepareRoots();
  leftovers = module.get(Leftovers);
});

afterEach(async () => {
  await module.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Looks like the VMM of a VM whose disks are in this directory. */
function pretendMachine(id: string, vmsDirectory: string): ChildProcess {
  const child = spawn('/bin/sh', [
    '-c',
    'sleep 60; :',
    `bgr-vm-${id}`,
    `{"file":"${vmsDirectory}/${id}/root.qcow2"}`,
  ]);
  children.push(child);
  return child;
}

describe('leftovers', () => {
  it('are what neither a row nor the ledger accounts for, with size and age; nothing of it is touched', async () => {
    const ledger = module.get(Ledger);
    const owner = { type: 'vm', id: 'vm_known' } as const;
    await module.get(HostDirectories).make(config.vmDirectory('vm_known'), { owner, mode: 0o700 });
    pretendMachine('vm_known', config.vmsDirectory);
    await ledger.make({ kind: 'process', key: 'vm_known', owner, data: {} }, () => Promise.resolve());

    const lost = config.vmDirectory('vm_lost');
    await mkdir(lost);
    await writeFile(join(lost, 'root.qcow2'), Buffer.alloc(1 << 20, 1));
    await mkdir(config.vmRuntimeDirectory('vm_lost'));
    await writeFile(join(config.vmsDirectory, 'stray.qcow2'), 'x');
    await symlink('/etc', join(config.vmsDirectory, 'link'));
    const machine = pretendMachine('vm_lost', config.vmsDirectory);
    // Of another state directory on the same host: not ours to see.
    pretendMachine('vm_lost', '/var/lib/elsewhere/vms');

    const found = await leftovers.scan();
    expect(found[0], 'processes first').toMatchObject({ kind: 'process', key: String(machine.pid) });
    expect(
      found
        .slice(1)
        .map(({ kind, key }) => `${kind} ${key}`)
        .toSorted(),
    ).toEqual(
      [
        `directory ${config.vmRuntimeDirectory('vm_lost')}`,
        `directory ${lost}`,
        `file ${join(config.vmsDirectory, 'link')}`,
        `file ${join(config.vmsDirectory, 'stray.qcow2')}`,
      ].toSorted(),
    );
    const size = (key: string): number => found.find((one) => one.key === key)?.sizeBytes ?? 0;
    expect(size(lost)).toBeGreaterThanOrEqual(1 << 20);
    expect(size(String(machine.pid))).toBeGreaterThan(0);
    for (const { ageMs, vmId } of found) {
      expect(ageMs).toBeLessThan(60_000);
      expect(vmId).not.toBe('');
    }
    expect(await leftovers.scan(), 'a scan changes nothing').toHaveLength(found.length);
  });
});
