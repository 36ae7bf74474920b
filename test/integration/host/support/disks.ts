import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule, TestingModuleBuilder } from '@nestjs/testing';
import { Config } from '../../../../src/core/config/index.js';
import { Ledger } from '../../../../src/core/operations/index.js';
import { ProcessModule } from '../../../../src/core/process/index.js';
import { HostModule } from '../../../../src/host/index.js';
import type { Disk } from '../../../../src/host/index.js';
import { expect } from 'vitest';
import type { FileSystemKind } from '../../../support/loop-file-system.js';
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
  // It greets while it starts, and answers when all its disks are open.
  vmm.stdin.write('{"execute":"qmp_capabilities"}\n');
  const answered = new Promise<void>((resolve) => {
    let said = '';
    vmm.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('"return"')) resolve();
    });
  });
  await Promise.race([answered, ended]);
  return async () => {
    vmm.kill('SIGKILL');
    await ended;
  };
}

const MIB = 1024 * 1024;
export const BASE_MIB = 16;

interface Variant {
  readonly kind: string;
  readonly on: FileSystemKind;
  readonly sizeMib: number;
  /** whether a new disk takes only what is written to it */
  readonly shares: boolean;
  /** whether a new disk may be made although no block of data is free: it needs none */
  readonly clonesWhenFull?: true;
}

/** Every backend, where it works. XFS cannot be made smaller. */
export const VARIANTS: readonly Variant[] = [
  { kind: 'qcow2', on: 'ext4', sizeMib: 96, shares: true },
  { kind: 'sparse-copy', on: 'ext4', sizeMib: 96, shares: false },
  { kind: 'reflink', on: 'xfs', sizeMib: 320, shares: true },
  { kind: 'reflink', on: 'btrfs', sizeMib: 192, shares: true, clonesWhenFull: true },
];

/** Reads and writes as a VMM would, with its options. */
export function io({ path, format }: Disk, ...commands: string[]): void {
  run(['-f', format, '-d', 'unmap', ...commands.flatMap((command) => ['-c', command]), path]);
}

/** Reads what nobody writes. */
export function look({ path, format }: Disk, ...commands: string[]): void {
  run(['-r', '-f', format, ...commands.flatMap((command) => ['-c', command]), path]);
}

function run(args: string[]): void {
  expect(execFileSync('qemu-io', args, { encoding: 'utf8' })).not.toMatch(/failed/i);
}

export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Content as the guest sees it, as far as its base goes, and its size. */
export function flat({ path, format }: Disk): { content: Buffer; sizeBytes: number } {
  const raw = `${path}.flat`;
  execFileSync('qemu-img', ['convert', '-f', format, '-O', 'raw', path, raw]);
  const content = readFileSync(raw);
  rmSync(raw);
  return { content: content.subarray(0, BASE_MIB * MIB), sizeBytes: content.length };
}
