import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { WorkspaceBench } from './workspace.js';
import { shell } from './workspace.js';

/**
 * A repository whose files nobody of this project wrote: a published library as it is installed here, committed in
 * several steps, packed in part. Nothing of it has to be kept in this repository.
 */
export async function foreignRepository(bench: WorkspaceBench, library: string): Promise<string> {
  const path = await bench.repository(`foreign ${library}`, '', { empty: true });
  const installed = dirname(createRequire(import.meta.url).resolve(`${library}/package.json`));
  await cp(installed, path, { recursive: true });
  shell(
    path,
    `set -e; git add package.json; git commit -q -m first; git add '*.md' '*.json'; git commit -q -m texts; git gc -q
     git add .; git commit -q -m all`,
  );
  return path;
}
