import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';

/** A `vm create` that gives the capabilities something to do; the repository is made below `directory`. */
export async function createCommand(directory: string, name: string): Promise<string[]> {
  const repository = join(directory, 'project');
  execFileSync('git', ['init', '--quiet', repository]);
  writeFileSync(join(repository, 'README'), 'interrupted\n');
  return [
    'vm',
    'create',
    '--name',
    name,
    '--memory',
    '256m',
    '--publish',
    `${await freePort()}:80`,
    repository,
  ];
}

let settings = 0;

/**
 * A `vm set` that goes through all of its steps in a VM that runs, each time anew: with less memory than it was started
 * with, also when that was after the setting before.
 */
export function setCommand(name: string): string[] {
  settings += 1;
  return [
    ...['vm', 'set', name, '--ttl', '2h', '--label', `changed=${settings}`],
    ...['--memory', `${255 - (settings % 50)}m`, '--disk', `${8192 + settings}m`],
    // below the ports that the kernel gives out by itself
    ...['--no-publish', '--publish', `${15_000 + settings}:80`],
  ];
}
