import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { VmView } from '../../src/contract/index.js';
import type { TestHost } from './test-host.js';

const run = promisify(execFile);

/** File of a VM's disk, whichever backend has made it. */
export function diskPath(host: TestHost, vm: Pick<VmView, 'id'>, name = 'root'): string {
  const directory = join(host.stateDirectory, 'vms', vm.id);
  // root.1.qcow2 and the like are what it stands on
  const [file] = readdirSync(directory).filter(
    (entry) => /^\w+\.(?:raw|qcow2)$/.test(entry) && entry.startsWith(`${name}.`),
  );
  return join(directory, file ?? `${name} is not there`);
}

/** What `e2fsck` says of the disk of a VM that is down, without changing it; begins with `status` unless it is clean. */
export async function checkDisk(host: TestHost, vm: Pick<VmView, 'id'>, name = 'root'): Promise<string> {
  const raw = join(host.directory, `check-${name}.raw`);
  await run('qemu-img', ['convert', '-O', 'raw', ...formatOf(diskPath(host, vm, name)), raw]);
  const checked = await run('e2fsck', ['-fn', raw]).catch((error: { code: number; stdout: string }) => error);
  rmSync(raw);
  return `${'code' in checked ? `status ${checked.code}: ` : ''}${checked.stdout}`;
}

function formatOf(path: string): string[] {
  return ['-f', path.endsWith('.raw') ? 'raw' : 'qcow2', path];
}
