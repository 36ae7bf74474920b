import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './repository.js';

const FIXTURES = join(REPOSITORY, 'test/fixtures');

/** Clones a small real repository that nobody here wrote, with all its history, to a path that does not exist yet. */
export function cloneFixture(path: string): string {
  const bundle = readdirSync(FIXTURES).find((name) => name.endsWith('.bundle'));
  if (bundle === undefined) throw new Error(`no git bundle in ${FIXTURES}`);
  execFileSync('git', ['clone', '--quiet', join(FIXTURES, bundle), path], { stdio: 'pipe' });
  return path;
}
