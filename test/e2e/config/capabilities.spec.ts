import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NO_BACKGROUND_WORK, TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';

const LAPTOP = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJq3Zr3hYl0l1f2hE0vJcP0mC0kM0b1yN4m9yQ0r8wXy ada@laptop';

describe('what the configuration gives to every guest', () => {
  let host: TestHost;
  let home: string;
  beforeAll(async () => {
    host = await TestHost.create();
    home = join(host.directory, 'home');
    await mkdir(join(home, 'tokens'), { recursive: true });
    await writeFile(join(home, '.gitconfig'), '[user]\n\tname = Caller\n\temail = ada@example.org\n');
    await writeFile(join(home, '.npmrc'), 'token=s3cret\n', { mode: 0o600 });
    await writeFile(join(home, 'tokens/one'), '1\n');
  });
  afterEach(() => host.assertClean());
  afterAll(() => host.close());

  const banger = (args: readonly string[]): Promise<CommandResult> =>
    host.banger(args, { env: { ...process.env, BANGER_CONFIG: join(home, 'config.toml'), HOME: home } });

  async function inGuest(script: string): Promise<string> {
    const { stdout, stderr, exitCode } = await banger(['vm', 'exec', 'web', '--', 'sh', '-c', script]);
    expect(exitCode, stderr).toBe(0);
    return stdout;
  }

  async function configure(sync: boolean): Promise<void> {
    const lines = [
      NO_BACKGROUND_WORK,
      '[vm]',
      'clock_check_seconds = 1',
      '[git]',
      'name = "Ada Lovelace"',
      '[ssh]',
      `authorized_keys = ["${LAPTOP}"]`,
    ];
    const files = [
      ['.npmrc', '/root/.npmrc'],
      ['tokens', '/etc/tokens'],
      ['missing', '/root/missing'],
    ].map(([from, to]) => `[[file_sync]]\nfrom = "${home}/${from}"\nto = "${to}"`);
    await writeFile(join(home, 'config.toml'), [...lines, ...(sync ? files : [])].join('\n'));
  }

  it('files, who commits, who may log in, and the time', async () => {
    await configure(true);
    const created = await banger(['vm', 'create', '--name', 'web', '--memory', '256m']);
    expect(created, created.stderr).toMatchObject({ exitCode: 0 });
    expect(created.stderr).toContain(`${home}/missing is not copied into the VM: it does not exist`);
    expect(created.stderr + (await banger(['daemon', 'logs', '-n', '1000', '--json'])).stdout).not.toContain(
      's3cret',
    );
    expect(await inGuest('cat /root/.npmrc; stat -c "%a %U" /root/.npmrc; cat /etc/tokens/one')).toBe(
      'token=s3cret\n600 root\n1\n',
    );
    expect((await inGuest('cat /root/.ssh/authorized_keys')).split('\n')).toEqual(
      expect.arrayContaining([LAPTOP, expect.stringMatching(/^ssh-ed25519 /)]),
    );
    const commit = 'cd /tmp && git init -q r && cd r && chown -R 1000 . && git commit -q --allow-empty -m x';
    expect(await inGuest(`${commit} && git log --format='%an <%ae>'`)).toBe(
      'Ada Lovelace <ada@example.org>\n',
    );

    await inGuest('date -u -s 2001-02-03');
    await expect
      .poll(async () => Math.abs(Number(await inGuest('date +%s')) - Date.now() / 1000), { timeout: 30_000 })
      .toBeLessThan(20);
    // The guest has the time a moment before the daemon has looked at it again and says so.
    await expect
      .poll(async () => (await banger(['daemon', 'logs', '-n', '1000'])).stdout, { timeout: 30_000 })
      .toContain('set the clock of a guest');

    await inGuest('echo 2 > /etc/tokens/one');
    await configure(false);
    expect((await banger(['config', 'show'])).stderr).toContain(
      'started with another configuration: file_sync =',
    );
    await banger(['daemon', 'stop']);
    const restarted = await banger(['vm', 'restart', 'web']);
    expect(restarted, restarted.stderr).toMatchObject({ exitCode: 0 });
    expect(await inGuest('ls -A /root/.npmrc /etc/tokens 2>/dev/null; cat /etc/tokens/one')).toBe(
      '/etc/tokens:\none\n2\n',
    );
    await banger(['vm', 'delete', '--force', 'web']);
  });
});
