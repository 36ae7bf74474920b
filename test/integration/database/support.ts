import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Database } from '../../../src/core/database/index.js';
import { openDatabase } from '../../../src/core/database/index.js';

/** A directory of its own for the test, gone after it. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'banger-database-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An empty database, closed after the test. */
export async function scratchDatabase(
  file: string = join(scratchDirectory(), 'banger.db'),
): Promise<Database> {
  const database = await openDatabase({ file });
  onTestFinished(() => database.close());
  return database;
}

export function anImage(
  name: string,
  overrides: Partial<typeof IMAGE> = {},
): typeof IMAGE & { id: string; name: string } {
  return { ...IMAGE, id: `img_${name}`, name, ...overrides };
}

const IMAGE = {
  recipeDigest: 'digest',
  distribution: 'Debian GNU/Linux 12 (bookworm)',
  kernelVersion: '6.1.0',
  diskBytes: 2n ** 40n,
  allocatedBytes: 1n,
  bootArguments: ['quiet'],
};

export function aVm(
  name: string,
  imageId: string,
): typeof VM & { id: string; name: string; imageId: string } {
  return { ...VM, id: `vm_${name}`, name, imageId };
}

const VM = {
  state: 'running',
  cpus: 1,
  memoryMib: 1024,
  diskMib: 4096,
  env: { LANG: 'C' },
  labels: { team: 'blue' },
  publishedPorts: [],
  ephemeral: false,
  hypervisor: 'qemu',
  mac: '52:54:00:00:00:01',
  machineId: '0',
  hostKeyPublic: 'ssh-ed25519 AAAA',
};
