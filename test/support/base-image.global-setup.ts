import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from './repository.js';

/**
 * Builds the default image once, with the real CLI and daemon, for all end-to-end tests of a run, and templates of the
 * shapes that most of them use.
 * BANGER_TEST_BASE names a state directory to reuse between runs while developing.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['BANGER_TEST_BASE'];
  const base = given ?? (await mkdtemp(join(tmpdir(), 'bgr-base-')));
  await chmod(base, 0o711);
  const env = {
    ...process.env,
    BANGER_STATE_DIR: base,
    BANGER_RUNTIME_DIR: `${base}-run`,
    BANGER_CONFIG: '/dev/null',
  };
  const run = (...args: string[]): void => {
    const result = spawnSync(join(REPOSITORY, 'banger'), args, { env, encoding: 'utf8', timeout: 600_000 });
    if (result.status !== 0) throw new Error(`banger ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  };
  try {
    run('image', 'build');
    for (const memory of ['1g', '256m']) run('image', 'warm', '--memory', memory);
  } finally {
    run('daemon', 'stop');
  }
  process.env['BANGER_TEST_BASE'] = base;
  if (given !== undefined) return undefined;
  return async () => {
    await rm(base, { recursive: true, force: true });
    await rm(`${base}-run`, { recursive: true, force: true });
  };
}
