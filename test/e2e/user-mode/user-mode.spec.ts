import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { processesMentioning } from '../../support/processes.js';
import { REPOSITORY } from '../../support/repository.js';
import { collect, NO_BACKGROUND_WORK } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/**
 * Skipped without root: then every other test is one of user mode. Building an image as `nobody` is not tried: it needs
 * entries in /etc/subuid and /etc/subgid, a lasting change of the host.
 */
describe.skipIf(!isRoot)('without root', () => {
  let home: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'bgr-user-'));
    env = {
      ...process.env,
      HOME: home,
      XDG_RUNTIME_DIR: join(home, 'run'),
      BANGER_CONFIG: join(home, 'config.toml'),
      NO_COLOR: '1',
    };
    for (const name of ['BANGER_STATE_DIR', 'BANGER_RUNTIME_DIR', 'XDG_DATA_HOME']) delete env[name];
    writeFileSync(join(home, 'config.toml'), NO_BACKGROUND_WORK);
    const state = join(home, '.local/share/banger');
    takeImages(process.env['BANGER_TEST_BASE'] ?? '', state);
    mkdirSync(join(home, 'run'));
    execFileSync('git', ['init', '--quiet', join(home, 'project')]);
    execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, home]);
    chmodSync(home, 0o700);
  });
  afterAll(async () => {
    const stopped = await banger('daemon', 'stop');
    const left = await processesMentioning(home);
    rmSync(home, { recursive: true, force: true });
    expect({ stopped: stopped.exitCode, left }, stopped.stderr).toEqual({ stopped: 0, left: [] });
  });

  function banger(...args: readonly string[]): Promise<CommandResult> {
    return asUser(join(REPOSITORY, 'banger'), ...args);
  }

  function asUser(...words: readonly string[]): Promise<CommandResult> {
    const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs'];
    const command = [...user, ...words];
    return collect(spawn('setpriv', command, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] }), 200_000);
  }

  it('a VM with a repository runs, as the user, in directories that nobody else can enter', async () => {
    const run = await banger(
      'vm',
      'run',
      '--name',
      'mine',
      'project',
      '--',
      'sh',
      '-c',
      'id -u; pwd; git status --short; exit 5',
    );
    expect(run, run.stderr).toMatchObject({ exitCode: 5, stdout: '0\n/root/project\n' });
    const [vm] = JSON.parse((await banger('vm', 'list', '--json')).stdout) as VmView[];
    expect(vm).toMatchObject({ name: 'mine', state: 'running' });
    const settings = join(home, 'ssh', 'config');
    expect(await banger('ssh-config', '--install', '--file', settings)).toMatchObject({ exitCode: 0 });
    // the file that ssh includes must be its user's own
    expect(await asUser('ssh', '-F', settings, 'mine.vm', 'hostname')).toMatchObject({ stdout: 'mine\n' });
    expect(await asUser('scp', '-q', '-F', settings, settings, 'mine.vm:/root/project/file')).toMatchObject({
      exitCode: 0,
    });
    const commit =
      'cd project && git add file && git -c user.name=a -c user.email=a@b commit -q -m "from the VM"';
    expect(await asUser('ssh', '-F', settings, 'mine.vm', commit)).toMatchObject({ exitCode: 0 });
    const clone = ['clone', '-q', 'ssh://mine.vm/root/project', join(home, 'clone')];
    const cloned = await asUser('git', '-c', `core.sshCommand=ssh -F '${settings}'`, ...clone);
    expect(cloned, cloned.stderr).toMatchObject({ exitCode: 0 });
    const log = await asUser('git', '-C', join(home, 'clone'), 'log', '--format=%s');
    expect(log.stdout).toBe('from the VM\n');
    const status = execFileSync('grep', ['-E', '^(Uid|NoNewPrivs)', `/proc/${vm?.pid}/status`], {
      encoding: 'utf8',
    });
    expect(status).toMatch(new RegExp(`^Uid:\\s+${NOBODY}\\s`, 'm'));
    const modes = execFileSync(
      'stat',
      ['-c', '%a', join(home, '.local/share/banger/vms'), join(home, 'run/banger/banger.sock')],
      {
        encoding: 'utf8',
      },
    );
    expect(modes).toBe('700\n600\n');
    expect(await banger('vm', 'delete', '--force', 'mine')).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(home, '.local/share/banger/vms'))).toEqual([]);
    expect(readdirSync(join(home, 'run/banger/vm'))).toEqual([]);
  });

  it('a VM goes on from a template', async () => {
    expect(await banger('image', 'warm')).toMatchObject({ exitCode: 0 });
    const run = await banger('vm', 'run', '--rm', '--name', 'clone', '--', 'hostname');
    expect(run, run.stderr).toMatchObject({ exitCode: 0, stdout: 'clone\n' });
    expect(run.stderr).toContain('giving it its identity');
    expect(run.stderr).not.toContain('booting');
  });
});

/** Copies, sparse ones: the user owns them. */
function takeImages(base: string, state: string): void {
  mkdirSync(join(state, 'images'), { recursive: true });
  for (const id of readdirSync(join(base, 'images')).filter((name) => name.startsWith('img_'))) {
    execFileSync('cp', [
      '-r',
      '--sparse=always',
      '--reflink=auto',
      join(base, 'images', id),
      join(state, 'images'),
    ]);
  }
  cpSync(join(base, 'banger.db'), join(state, 'banger.db'));
  const database = new DatabaseSync(join(state, 'banger.db'));
  database
    .prepare("UPDATE LedgerEntry SET key = replace(key, ?, ?) WHERE kind = 'directory'")
    .run(`${base}/`, `${state}/`);
  database.close();
}
