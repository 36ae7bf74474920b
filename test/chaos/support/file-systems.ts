import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestHost } from '../../support/test-host.js';

const run = promisify(execFile);

export interface FileSystemReport {
  /** disk, and what `e2fsck -fn` says of it after its journal was replayed, as a mount does; empty when all are sound */
  readonly damage: readonly string[];
  /** whether a journal had to be replayed: the guest did not end by itself */
  readonly replayed: boolean;
}

/** Looks at copies of the disks of a VM that does not run. */
export async function checkFileSystems(host: TestHost, vmId: string): Promise<FileSystemReport> {
  const directory = join(host.stateDirectory, 'vms', vmId);
  const damage: string[] = [];
  let replayed = false;
  for (const disk of (await readdir(directory)).filter((name) => /\.(?:qcow2|raw|ext4|img)$/.test(name))) {
    const copy = join(host.directory, 'check.raw');
    try {
      await run('qemu-img', ['convert', '-O', 'raw', join(directory, disk), copy]);
      replayed ||= (await run('dumpe2fs', ['-h', copy])).stdout.includes('needs_recovery');
      await e2fsck(['-E', 'journal_only', '-y', copy]);
      const { code, output } = await e2fsck(['-f', '-n', copy]);
      if (code !== 0) damage.push(`${disk}: status ${code}: ${output}`);
    } finally {
      await rm(copy, { force: true });
    }
  }
  return { damage, replayed };
}

async function e2fsck(args: readonly string[]): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await run('e2fsck', args);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}
