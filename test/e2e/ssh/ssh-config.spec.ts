import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { collect, TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';

/** What a user may have: it holds for every host, and would lead away from the VMs. */
const USERS_OWN =
  'Host *\r\n  Port 9\n  User nobody\n  ProxyJump nowhere.invalid\n  StrictHostKeyChecking no';

/**
 * ssh finds ~/.ssh/config by the passwd database, whatever HOME is: so that the user who runs the tests keeps their own,
 * the file is another, which ssh is told of with -F and banger with --file.
 */
describe('banger ssh-config', () => {
  let host: TestHost;
  let file: string;
  beforeAll(async () => {
    host = await TestHost.create();
    mkdirSync(join(host.directory, 'ho me'));
    file = join(host.directory, 'ho me', '.ssh', 'config');
    await host.json(['vm', 'create', '--name', 'web']);
    expect(await host.banger(['ssh-config', '--install', '--file', file])).toMatchObject({ exitCode: 0 });
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'web']);
    await host.assertClean();
    await host.close();
  });

  function run(program: string, ...args: string[]): Promise<CommandResult> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: host.directory });
    return collect(child, 60_000);
  }
  const ssh = (...args: string[]) => run('ssh', '-F', file, ...args);
  /** Without what the user has for all hosts. */
  const unknown = (name: string) => run('ssh', '-F', join(host.stateDirectory, 'ssh/config'), name, 'true');

  it('makes a file that only its user reads, and takes it away again', async () => {
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    const again = await host.banger(['ssh-config', '--install', '--file', file, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ installed: true, changed: false });
    const removed = await host.banger(['ssh-config', '--remove', '--file', file]);
    expect([removed.exitCode, existsSync(file)]).toEqual([0, false]);
    expect(await host.banger(['ssh-config', '--remove', '--file', file])).toMatchObject({ exitCode: 0 });
  });

  it('adds one line to a user’s own file, follows a link to it, and restores it byte for byte', async () => {
    const real = join(host.directory, 'dotfiles-config');
    writeFileSync(real, USERS_OWN, { mode: 0o640 });
    symlinkSync(real, file);
    expect(await host.banger(['ssh-config', '--install', '--file', file])).toMatchObject({ exitCode: 0 });
    expect(await ssh('web.vm', 'hostname')).toMatchObject({ exitCode: 0, stdout: 'web\n' });
    expect(await host.banger(['ssh-config', '--remove', '--file', file])).toMatchObject({ exitCode: 0 });
    expect([readFileSync(real, 'utf8'), statSync(real).mode & 0o777]).toEqual([USERS_OWN, 0o640]);

    writeFileSync(real, 'Hst *\n');
    const broken = await host.banger(['ssh-config', '--install', '--file', file]);
    expect(broken).toMatchObject({ exitCode: 2 });
    expect(broken.stderr).toContain('Bad configuration option: hst');
    writeFileSync(real, USERS_OWN);
    expect(await host.banger(['ssh-config', '--install', '--file', file])).toMatchObject({ exitCode: 0 });
  });

  it('ssh, scp and git reach a VM, with banger vm ssh on the same settings', async () => {
    expect(await ssh('web.vm', 'true')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await host.banger(['vm', 'ssh', 'web', '--', 'hostname'])).toMatchObject({ stdout: 'web\n' });

    writeFileSync(join(host.directory, 'there'), 'and back');
    await run('scp', '-q', '-F', file, join(host.directory, 'there'), 'web.vm:/tmp/here');
    await run('scp', '-q', '-F', file, 'web.vm:/tmp/here', join(host.directory, 'back'));
    expect(readFileSync(join(host.directory, 'back'), 'utf8')).toBe('and back');

    const script =
      'git init -q repo && cd repo && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m made';
    expect(await ssh('web.vm', script)).toMatchObject({ exitCode: 0 });
    const clone = join(host.directory, 'clone');
    const cloned = await run(
      'git',
      '-c',
      `core.sshCommand=ssh -F '${file}'`,
      'clone',
      '-q',
      'ssh://web.vm/root/repo',
      clone,
    );
    expect(cloned, cloned.stderr).toMatchObject({ exitCode: 0 });
    expect(await run('git', '-C', clone, 'log', '--format=%s')).toMatchObject({ stdout: 'made\n' });
  });

  it('refuses a machine with another host key', async () => {
    const { id } = await host.json<VmView>(['vm', 'show', 'web']);
    const pinned = join(host.stateDirectory, 'vms', id, 'known_hosts');
    const right = readFileSync(pinned, 'utf8');
    await run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(host.directory, 'other'));
    const other = readFileSync(join(host.directory, 'other.pub'), 'utf8');
    writeFileSync(pinned, `${id}.vm ${other}`);
    const refused = await ssh('web.vm', 'true');
    writeFileSync(pinned, right);
    expect(refused.exitCode).toBe(255);
    expect(refused.stderr).toContain('Host key verification failed');
    expect(await ssh('web.vm', 'true')).toMatchObject({ exitCode: 0 });
  });

  it('follows every VM at once: new, renamed, suspended, stopped, deleted', async () => {
    await host.json(['vm', 'create', '--name', 'new']);
    expect(await ssh('new.vm', 'hostname')).toMatchObject({ exitCode: 0, stdout: 'new\n' });
    await host.json(['vm', 'set', 'new', '--name', 'renamed']);
    expect(await ssh('renamed.vm', 'true')).toMatchObject({ exitCode: 0 });
    expect((await unknown('new.vm')).stderr).toContain('Could not resolve hostname new.vm');

    await host.json(['vm', 'suspend', 'renamed']);
    expect(await ssh('renamed.vm', 'hostname'), 'wakes it').toMatchObject({
      exitCode: 0,
      stdout: 'renamed\n',
    });
    await host.json(['vm', 'suspend', 'renamed']);
    expect(await host.banger(['daemon', 'stop'])).toMatchObject({ exitCode: 0 });
    expect(await host.banger(['daemon', 'start'])).toMatchObject({ exitCode: 0 });
    expect(await ssh('renamed.vm', 'true'), 'also through a later daemon').toMatchObject({ exitCode: 0 });

    await host.json(['vm', 'kill', 'renamed']);
    expect(await ssh('renamed.vm', 'true')).toMatchObject({
      exitCode: 255,
      stderr: 'banger: the VM renamed is stopped\n  fix: start it: banger vm start renamed\n',
    });
    await host.banger(['vm', 'delete', 'renamed']);
    expect((await unknown('renamed.vm')).stderr).toContain('Could not resolve hostname renamed.vm');
  });
});
