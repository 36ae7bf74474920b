import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageView, VmView } from '../../../src/contract/index.js';
import { processesMentioning } from '../../support/processes.js';
import { REPOSITORY } from '../../support/repository.js';
import { collect } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';

/** npm ci, the build, an image and a VM: minutes where two cores do it all under emulation. */
const LIMIT_MS = 900_000;

describe('quickstart in a fresh clone', () => {
  let scratch: string;
  let clone: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bgr-quick-'));
    chmodSync(scratch, 0o711);
    clone = join(scratch, 'banger');
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', REPOSITORY, clone]);
    const state = join(scratch, 'state');
    env = {
      ...process.env,
      BANGER_STATE_DIR: state,
      BANGER_RUNTIME_DIR: join(scratch, 'run'),
      BANGER_CONFIG: '/dev/null',
      NO_COLOR: '1',
    };
    // the packages that the run's own image was made of: downloading them again would test the mirror
    mkdirSync(join(state, 'cache'), { recursive: true, mode: 0o711 });
    chmodSync(state, 0o711);
    const cache = join(process.env['BANGER_TEST_BASE'] ?? '', 'cache/images');
    if (existsSync(cache)) execFileSync('cp', ['-rl', cache, join(state, 'cache/images')]);
  });
  afterAll(async () => {
    if (existsSync(join(clone, 'dist/cli-bundle/banger.cjs'))) await collect(start('daemon', 'stop'), 60_000);
    const left = await processesMentioning(scratch);
    rmSync(scratch, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  function start(...args: readonly string[]): ChildProcess {
    return spawn(join(clone, 'banger'), args, { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async function listed<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse((await collect(start(...args, '--json'), 60_000)).stdout) as T;
  }

  function expectGuestLast({ exitCode, stdout, stderr }: CommandResult): void {
    expect(exitCode, stderr).toBe(0);
    const [uname, commit, ...rest] = stdout.split('\n');
    expect(uname).toMatch(/^Linux quickstart 6\.\d+\.\d+-\S+ .*GNU\/Linux$/);
    expect(commit).toBe(
      execFileSync('git', ['log', '-1', '--oneline'], { cwd: clone, encoding: 'utf8' }).trim(),
    );
    expect(rest).toEqual(['']);
    expect(stderr, 'the times and what to try next come before what the guest said').toMatch(
      /Time[\s\S]*together[\s\S]*Next, try[\s\S]*What the VM said\n$/,
    );
  }

  it(
    'interrupted while it builds the image, it says so and leaves nothing half done',
    { timeout: LIMIT_MS },
    async () => {
      const child = start('quickstart', '--yes');
      const result = collect(child, LIMIT_MS);
      let text = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        const before = text;
        text += chunk.toString();
        const building = /unpacking the kernel|installing the packages|making the file system/;
        if (!building.test(before) && building.test(text)) child.kill('SIGINT');
      });
      const interrupted = await result;
      expect(interrupted.exitCode, interrupted.stderr).toBe(130);
      expect(interrupted.stdout).toBe('');
      expect(readdirSync(join(scratch, 'state/images'))).toEqual([]);
      expect(await listed<ImageView[]>('image', 'list')).toEqual([]);
    },
  );

  it('run again finishes the job; its last lines are the guest’s own', { timeout: LIMIT_MS }, async () => {
    expectGuestLast(await collect(start('quickstart', '--yes'), LIMIT_MS));
    expect(await listed<VmView[]>('vm', 'list'), 'the demonstration is over').toEqual([]);
    expect(execFileSync('git', ['status', '--porcelain'], { cwd: clone, encoding: 'utf8' })).toBe('');
  });

  it('run a third time skips what is done: under 60 s', { timeout: LIMIT_MS }, async () => {
    const started = Date.now();
    const result = await collect(start('quickstart', '--yes'), LIMIT_MS);
    expectGuestLast(result);
    expect(Date.now() - started, `milliseconds\n${result.stderr}`).toBeLessThan(60_000);
    expect(result.stderr).toMatch(/nothing is missing[\s\S]*it runs already[\s\S]*up to date/);
  });
});
