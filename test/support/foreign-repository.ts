import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const LIBRARY = 'ssh2';

/**
 * A repository whose files nobody of this project wrote: a published library as it is installed here, committed in two
 * steps at a path that does not exist yet. Nothing of it has to be kept in this repository.
 */
export function makeForeignRepository(path: string): string {
  const installed = dirname(createRequire(import.meta.url).resolve(`${LIBRARY}/package.json`));
  cpSync(installed, path, { recursive: true });
  const identity = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', 'package.json'],
    ['commit', '--quiet', '--message', 'The package'],
    ['add', '.'],
    ['commit', '--quiet', '--message', 'Everything else'],
  ]) {
    execFileSync('git', [...identity, ...args], { cwd: path, stdio: 'pipe' });
  }
  return path;
}
