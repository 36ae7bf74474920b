import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport, ImageView } from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';

const isRoot = process.getuid?.() === 0;

/** Skipped without root: hiding a program from a daemon needs a mount namespace. */
describe.skipIf(!isRoot)('a program that is not installed', () => {
  let host: TestHost;
  let scratch: string;
  beforeAll(async () => {
    host = await TestHost.create();
    scratch = mkdtempSync(join(tmpdir(), 'bgr-path-'));
    await host.json(['vm', 'list']);
  });
  afterEach(async () => {
    await host.assertClean();
    await host.banger(['daemon', 'stop']);
  });
  afterAll(async () => {
    rmSync(scratch, { recursive: true, force: true });
    await host.close();
  });

  /** Starts the daemon where /usr/bin lacks these programs. PATH alone does not do it: banger always adds /usr/bin. */
  async function startWithout(...programs: readonly string[]): Promise<void> {
    await host.banger(['daemon', 'stop']);
    rmSync(scratch, { recursive: true, force: true });
    for (const name of ['real', 'shown']) mkdirSync(join(scratch, name), { recursive: true, mode: 0o755 });
    execFileSync('chmod', ['755', scratch]);
    for (const name of readdirSync('/usr/bin')) {
      if (!programs.includes(name)) symlinkSync(join(scratch, 'real', name), join(scratch, 'shown', name));
    }
    const script =
      'mount --bind /usr/bin "$0/real" && mount --bind "$0/shown" /usr/bin && exec "$1" daemon start';
    execFileSync('unshare', ['--mount', 'sh', '-c', script, scratch, host.launcher], {
      env: { ...host.env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: 'pipe',
    });
  }

  it('qemu: no VM is created, and doctor names the package', async () => {
    await startWithout('qemu-system-x86_64');
    const result = await host.banger(['vm', 'create', '--name', 'none']);
    expect(result, result.stderr).toMatchObject({ exitCode: 6, stdout: '' });
    expect(result.stderr).toMatch(/qemu-system-x86_64/);
    expect(result.stderr).toMatch(/^ {2}fix: .*(apt install qemu-system-x86|banger doctor)/m);
    expect(await host.banger(['vm', 'run', '--rm', '--', 'true'])).toMatchObject({ exitCode: 125 });

    const doctor = await host.banger(['doctor', '--json']);
    expect(doctor.exitCode).toBe(6);
    const failed = (JSON.parse(doctor.stdout) as DoctorReport).checks.filter(
      ({ status }) => status === 'fail',
    );
    expect(failed.flatMap(({ packages }) => packages ?? [])).toContain('qemu-system-x86');
  });

  it('mmdebstrap: no image is built, the one that is there stays', async () => {
    const before = await host.json<ImageView[]>(['image', 'list']);
    await startWithout('mmdebstrap');
    const result = await host.banger(['image', 'build', '--force']);
    expect(result, result.stderr).toMatchObject({ exitCode: 6, stdout: '' });
    expect(result.stderr).toMatch(/mmdebstrap[\s\S]*^ {2}fix: .*(apt install mmdebstrap|banger quickstart)/m);
    expect(await host.json<ImageView[]>(['image', 'list'])).toEqual(before);
    expect(readdirSync(join(host.stateDirectory, 'images'))).toEqual(before.map(({ id }) => id));
  });

  it('git: no repository is imported, and nothing of the VM is made', async () => {
    await startWithout('git');
    const refused = await host.banger(['vm', 'create', '.']);
    expect(refused, refused.stderr).toMatchObject({ exitCode: 6 });
    expect(refused.stderr).toMatch(/program git is not installed[\s\S]*^ {2}fix: .*apt install git/m);
  });
});
