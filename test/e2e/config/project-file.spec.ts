import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';
import { freePort } from '../../support/free-port.js';

describe('a repository with a project file', () => {
  let host: TestHost;
  let repository: string;
  beforeAll(async () => {
    host = await TestHost.create();
    repository = join(host.directory, 'shop');
    await mkdir(join(repository, 'config'), { recursive: true });
    await writeFile(join(repository, 'config/npmrc'), 'token\n');
    execFileSync('git', ['init', '-q'], { cwd: repository });
  });
  afterEach(() => host.assertClean());
  afterAll(() => host.close());

  const project = (lines: readonly string[]): Promise<void> =>
    writeFile(join(repository, '.banger.toml'), `${lines.join('\n')}\n`);

  it('gets the VM that it asks for, set up, unless the command line says otherwise', async () => {
    const port = await freePort();
    const files = (from: string): string[] => [
      '[[files]]',
      `from = "${from}"`,
      'to = "/opt/x/.npmrc"',
      'mode = "0600"',
    ];
    const rest = ['[env]', 'GREETING = "hello"', 'OTHER = "$HOME"', '[labels]', 'team = "web"'];
    const settings = ['cpus = 2', 'memory = "256m"', `ports = ["${port}:80"]`];
    const setup = [
      'setup = """',
      'cat /opt/x/.npmrc > made',
      'echo "$GREETING $OTHER in $PWD" >> made',
      'echo says this',
      '"""',
    ];

    await project([...settings, 'setup = "echo working; echo no way >&2; exit 3"']);
    const failed = await host.banger(['vm', 'create', '--name', 'bad', '--cpus', '1', repository]);
    expect(failed).toMatchObject({ exitCode: 10, stdout: '' });
    expect(failed.stderr).toMatch(
      /banger: the setup command of .*\.banger\.toml failed in the VM\n {2}why: it ended with status 3/,
    );
    expect(failed.stderr).toMatch(/working\n +no way/);
    await host.assertClean();

    const workspace = ['[workspace]', 'setup = "cat made; echo not this; exit 4"'];
    await project([...settings, ...setup, ...rest, ...files('config/npmrc'), ...workspace]);
    const run = await host.banger([
      ...['--verbose', 'vm', 'run', '--cpus', '1', '--env', 'GREETING=bye', '--name', 'shop', repository],
      ...['--', 'sh', '-c', 'cat made; stat -c %a /opt/x/.npmrc; nproc; echo "$OTHER"'],
    ]);
    expect(run.stdout, run.stderr).toBe('token\nbye $HOME in /root/shop\n600\n1\n$HOME\n');
    expect(run.stderr).toContain(`using ${repository}/.banger.toml`);
    expect(run.stderr).toContain('says this');
    // of the repository, not of the VM: it is told, and the VM stays
    const log = '/var/log/banger/workspace-setup/root/shop.log';
    expect(run.stderr).toMatch(/warning: the setup of .*failed with status 4: token .*not this; .*shop\.log/);
    const kept = await host.banger(['vm', 'exec', 'shop', '--', 'cat', log]);
    expect(kept.stdout).toBe('token\nbye $HOME in /root/shop\nnot this\n');
    expect(await host.json<VmView>(['vm', 'show', 'shop'])).toMatchObject({
      cpus: 1,
      memoryMib: 256,
      labels: { team: 'web' },
      publishedPorts: [{ hostAddress: '127.0.0.1', hostPort: port, guestPort: 80 }],
      workspaces: [{ projectFile: `${repository}/.banger.toml` }],
    });
    await host.banger(['vm', 'delete', '--force', 'shop']);

    await project(['ports = ["0.0.0.0:8080:80"]', ...files('../../../etc/shadow')]);
    const hostile = await host.banger(['vm', 'run', '--rm', repository, '--', 'true']);
    expect(hostile).toMatchObject({ exitCode: 125, stdout: '' });
    expect(hostile.stderr).toContain('.banger.toml:1:10: ports[0] must be a port');
    expect(hostile.stderr).toContain('.banger.toml:3:1: files[0].from must be a path within the repository');
    await rm(join(repository, '.banger.toml'));
  });
});
