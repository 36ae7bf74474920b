import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VmWorkspaceView, WorkspacePrepareView } from '../../../src/contract/index.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { cli } from './cli-process.js';
import { scriptCreation, startFakeDaemon, vmView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const WORKSPACE: VmWorkspaceView = {
  hostPath: '/home/ada/shop',
  guestPath: '/root/shop',
  workingDirectory: '/root/shop',
  head: '0123456789abcdef0123456789abcdef01234567',
  branch: 'try',
  mode: 'shallow',
};

const OPTIONS = [
  ...['--at', '/srv/shop', '--branch', 'try', '--from', 'v1.2', '--mode', 'shallow', '--depth', '5'],
  ...['--no-include-untracked', '--exclude', '*.mp4', '--exclude', '/data/', '--readonly', '--no-project'],
];
const SOURCE = {
  path: '/home/ada/shop',
  projectFile: false,
  at: '/srv/shop',
  branch: 'try',
  from: 'v1.2',
  mode: 'shallow',
  depth: 5,
  includeUntracked: false,
  exclude: ['*.mp4', '/data/'],
  readonly: true,
};

describe('repositories on the command line', () => {
  let daemon: FakeDaemon;
  beforeEach(async () => {
    daemon = await startFakeDaemon();
  });
  afterEach(() => daemon.stop());

  const run = (...words: string[]): ReturnType<typeof cli> =>
    cli(['--socket', daemon.socketPath, ...words], { cwd: '/usr' });

  it('go in as the options of vm run, vm create and workspace prepare say', async () => {
    scriptCreation(daemon.script);
    daemon.script.on('workspace.prepare', () => prepared());
    await run('vm', 'create', ...OPTIONS, '/home/ada/shop');
    await run('vm', 'run', ...OPTIONS, '/home/ada/shop', '--', 'true');
    await run('vm', 'create', '--include-untracked', 'share');
    await run('vm', 'create', 'share');
    await run('vm', 'create');
    const sources = daemon.script.callsOf('vm.create.begin').map(({ workspace }) => workspace);
    expect(sources).toEqual([
      SOURCE,
      SOURCE,
      { path: '/usr/share', includeUntracked: true },
      { path: '/usr/share' },
      undefined,
    ]);
    await run('workspace', 'prepare', ...OPTIONS, '--force', 'web', '/home/ada/shop');
    await run('workspace', 'prepare', 'web', '.');
    expect(daemon.script.callsOf('workspace.prepare')).toEqual([
      { vm: 'web', ...SOURCE, force: true },
      { vm: 'web', path: '/usr/.' },
    ]);
  });

  it('are told where they are now, and what became of work that was in the way', async () => {
    const { branch: _branch, head: _head, ...unborn } = WORKSPACE;
    const views = [
      prepared(),
      prepared({ unchanged: true }),
      prepared({ savedBranch: 'banger/saved-1', stashed: true }),
      prepared({ workspace: unborn }),
    ];
    daemon.script.on('workspace.prepare', () => views.shift() ?? prepared());
    const place = '/home/ada/shop (try, 0123456789ab) is in web at /root/shop';
    expect(await run('workspace', 'prepare', 'web', '.')).toMatchObject({ code: 0, stdout: `${place}\n` });
    expect(await run('workspace', 'prepare', 'web', '.')).toMatchObject({
      stdout: `${place}, as it was already\n`,
    });
    expect(await run('workspace', 'prepare', 'web', '.', '--force')).toMatchObject({
      stdout: `${place}\n`,
      stderr: expect.stringMatching(/its branch banger\/saved-1\n.*in its stash: git stash list\n/) as string,
    });
    expect(await run('workspace', 'prepare', 'web', '.')).toMatchObject({
      stdout: '/home/ada/shop (no commit) is in web at /root/shop\n',
    });
    const { stdout } = await run('workspace', 'prepare', 'web', '.', '--json');
    expect(JSON.parse(stdout)).toEqual(prepared());
  });

  it('that cannot go in end with the status of the reason', async () => {
    daemon.script.on('workspace.prepare', () => {
      throw new BangerError('WORKSPACE_HAS_WORK', 'VM web has work that would be lost', {
        details: { vm: 'web', path: '/root/shop', commits: 1, files: [] },
        fix: 'bring it out first',
      });
    });
    expect(await run('workspace', 'prepare', 'web', '.')).toMatchObject({
      code: 4,
      stdout: '',
      stderr: 'banger: VM web has work that would be lost\n  fix: bring it out first\n',
    });
  });

  it('get a branch in each copy', async () => {
    daemon.script.on('vm.fork', () => ({ pausedMs: 1, copies: [vmView('web-1')] }));
    expect(await run('vm', 'fork', 'web', '--branch', 'try-{n}')).toMatchObject({
      code: 0,
      stdout: 'web-1\n',
    });
    expect(daemon.script.callsOf('vm.fork')).toEqual([{ vm: 'web', branch: 'try-{n}' }]);
  });
});

function prepared(changes: Partial<WorkspacePrepareView> = {}): WorkspacePrepareView {
  return { vm: 'web', workspace: WORKSPACE, unchanged: false, warnings: [], ...changes };
}
