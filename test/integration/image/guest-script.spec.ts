import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guestScript } from '../../../src/image/guest/guest-script.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-guest-'));
  await mkdir(join(directory, 'root/etc'), { recursive: true });
  await writeFile(join(directory, 'root/etc/hostname'), 'before\n');
  await writeFile(join(directory, 'banger-guest'), guestScript());
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function identity(env: string): Promise<string> {
  const tree = join(directory, 'identity');
  await mkdir(join(tree, 'etc/banger'), { recursive: true });
  await writeFile(join(tree, 'etc/hostname'), 'web\n');
  await writeFile(join(tree, 'etc/machine-id'), `${'a'.repeat(32)}\n`, { mode: 0o444 });
  await writeFile(join(tree, 'etc/banger/identity.env'), env);
  const archive = join(directory, 'identity.tar');
  execFileSync('tar', [
    '-C',
    tree,
    '-cf',
    archive,
    'etc/hostname',
    'etc/machine-id',
    'etc/banger/identity.env',
  ]);
  return archive;
}

const SHELLS: readonly string[][] = [['dash'], ['bash', '--posix'], ['busybox', 'sh']];

function run(shell: readonly string[], ...args: string[]): { status: number | null; stderr: string } {
  const [file = 'sh', ...before] = shell;
  const result = spawnSync(file, [...before, join(directory, 'banger-guest'), ...args], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return { status: result.status, stderr: result.stderr };
}

describe.each(SHELLS)('banger-guest on %s', (...shell) => {
  it('puts the identity into the root, and does it again without harm', async () => {
    const device = await identity("BANGER_HOSTNAME='web'\nBANGER_ADDRESS='10.0.2.15/24'\n");
    const root = join(directory, 'root');
    for (let time = 0; time < 2; time += 1) {
      expect(run(shell, 'apply', '--root', root, '--device', device, '--files-only')).toEqual({
        status: 0,
        stderr: '',
      });
    }
    expect(await readFile(join(root, 'etc/hostname'), 'utf8')).toBe('web\n');
    expect((await stat(join(root, 'etc/machine-id'))).mode & 0o777).toBe(0o444);
    await stat(join(root, 'run/banger/identity-applied'));
  });

  it('runs nothing of what stands in the identity, and says what it ignores', async () => {
    const evil = join(directory, 'evil');
    const device = await identity(
      [
        `BANGER_HOSTNAME='$(touch ${evil})'`,
        `touch ${evil}`,
        "BANGER_ADDRESS='10.0.2.15/24; x'",
        'BANGER_GATEWAY=',
      ].join('\n'),
    );
    const { status, stderr } = run(
      shell,
      'apply',
      '--root',
      join(directory, 'root'),
      '--device',
      device,
      '--files-only',
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /malformed BANGER_HOSTNAME[\s\S]*malformed BANGER_ADDRESS[\s\S]*malformed BANGER_GATEWAY/,
    );
    await expect(stat(evil)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('fails with a message when the drive is damaged, absent, or the command unknown', async () => {
    const broken = join(directory, 'broken');
    await writeFile(broken, 'no tar at all'.repeat(100));
    const root = join(directory, 'root');
    expect(run(shell, 'apply', '--root', root, '--device', broken, '--files-only')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('cannot be read') as string,
    });
    await expect(stat(join(root, 'run/banger/identity-applied'))).rejects.toThrow();
    expect(run(shell, 'apply', '--root', root, '--files-only')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no identity drive') as string,
    });
    expect(run(shell, 'dance')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('unknown command') as string,
    });
    expect(run(shell)).toMatchObject({ status: 1 });
  });
});
