import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATEGORY_CODES, ERROR_CATEGORIES } from '../../../src/contract/errors.js';
import type { ErrorKind } from '../../../src/contract/errors.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { cli } from './cli-process.js';
import { operationView, startFakeDaemon, stepView, vmView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

describe('results and failures', () => {
  let daemon: FakeDaemon;
  const run = (...args: string[]) => cli(['--socket', daemon.socketPath, ...args]);

  beforeEach(async () => {
    daemon = await startFakeDaemon();
  });
  afterEach(() => daemon.stop());

  it('lists VMs as an aligned table', async () => {
    const workspace = {
      hostPath: '/home/u/web',
      guestPath: '/root/web',
      workingDirectory: '/root/web',
      mode: 'shallow' as const,
    };
    daemon.script.on('vm.list', () => [
      vmView('web', { workspaces: [workspace] }),
      vmView('database', { state: 'stopped', memoryMib: 512 }),
    ]);
    const { code, stdout, stderr } = await run('vm', 'list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [header = '', web = '', database = ''] = stdout.split('\n');
    expect(header).toMatch(/^NAME {6}STATE {4}IMAGE {3}CPUS {2}MEMORY {2}DISK +AGE {2}WORKSPACE$/);
    expect(web).toMatch(/^web {7}running {2}debian {5}2 {6}1G {3}10G +\d+d {2}\/home\/u\/web$/);
    expect(database).toMatch(/^database {2}stopped {2}debian {5}2 {4}512M {3}10G +\d+d {2}-$/);
  });

  it('lists what a VM does by itself, and its labels, where one has any', async () => {
    const expiresAt = new Date(Date.now() + 7_200_000 + 30_000).toISOString();
    const idleStopAt = new Date(Date.now() + 270_000).toISOString();
    const life = { expiresAt, idleStopAt, idleStopSeconds: 1800, restartPolicy: 'on-failure' } as const;
    const web = vmView('web', { ...life, labels: { team: 'web\u001b[2J', tier: '1' } });
    daemon.script.on('vm.list', () => [web, vmView('db')]).on('vm.get', () => web);
    const { stdout } = await run('vm', 'list', '--label', 'team', '--label', 'tier=1');
    expect(daemon.script.callsOf('vm.list')).toEqual([{ labels: ['team', 'tier=1'] }]);
    const [header, first, second] = stdout.split('\n');
    expect(header).toMatch(/AGE +NOTE +RESTART +LABELS +WORKSPACE$/);
    expect(first).toMatch(/ idle stop in 4m, expires in 2h +on-failure +team=web\\x1b\[2J tier=1 +-$/);
    expect(second).toMatch(/d +- +- +- +-$/);
    const shown = (await run('vm', 'show', 'web')).stdout;
    expect(shown).toMatch(
      /labels: +team=web\\x1b\[2J tier=1\nlives: +until [0-9T:.Z-]+, 2 h 00 min from now\n/,
    );
    expect(shown).toMatch(
      /idle stop: +after 30 min without use\nrestart: +on-failure\nnext: +idle stop in 4m, expires in 2h\n/,
    );
    expect(await run('vm', 'list', '--label', '=x')).toMatchObject({ code: 2 });
  });

  it('prints the contract’s type unchanged with --json', async () => {
    const vms = [vmView('web')];
    daemon.script.on('vm.list', () => vms).on('vm.get', () => vms[0]);
    expect(JSON.parse((await run('vm', 'ls', '--json')).stdout)).toEqual(vms);
    expect(JSON.parse((await run('--json', 'vm', 'show', 'web')).stdout)).toEqual(vms[0]);
    daemon.script.on('vm.list', () => []);
    expect((await run('vm', 'list', '--json')).stdout).toBe('[]\n');
  });

  const kinds = Object.entries(ERROR_CATEGORIES) as [ErrorKind, keyof typeof CATEGORY_CODES][];
  const oneOfEach = new Map(kinds.map(([kind, category]) => [category, kind]));
  it.each([...oneOfEach])('a failure of category %s (%s) has its exit status', async (category, kind) => {
    daemon.script.on('vm.get', () => {
      throw new BangerError(kind, 'it did not work\u001b[2J', {
        details: {},
        why: 'because',
        fix: 'do this',
      });
    });
    const { code, stdout, stderr } = await run('vm', 'show', 'web');
    expect({ code, stdout }).toEqual({ code: CATEGORY_CODES[category].exitCode, stdout: '' });
    if (category === 'internal') return; // the daemon keeps its defects to its log
    expect(stderr).toBe('banger: it did not work\\x1b[2J\n  why: because\n  fix: do this\n');
    const json = await run('vm', 'show', 'web', '--json');
    expect(json).toMatchObject({ code, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: {
        kind,
        message: 'it did not work\u001b[2J',
        why: 'because',
        fix: 'do this',
        ref: expect.any(String),
      },
    });
  });

  it('does each of several VMs; the gravest failure decides the exit status', async () => {
    daemon.script.on('vm.delete', ({ vm }) => {
      if (vm === 'lost') throw new BangerError('VM_NOT_FOUND', 'no VM called "lost"', { details: { vm } });
      if (vm === 'busy') throw new BangerError('VM_BUSY', 'busy', { details: { vm, operation: 'x' } });
      return vmView(vm);
    });
    const plain = await run('vm', 'delete', '--force', 'web', 'lost', 'busy', 'db');
    expect(plain).toMatchObject({
      code: 4,
      stdout: 'web\ndb\n',
      stderr: 'banger: no VM called "lost"\nbanger: busy\n',
    });
    expect(daemon.script.callsOf('vm.delete')[0]).toEqual({ vm: 'web', force: true });
    const json = await run('vm', 'delete', '--json', 'web', 'lost');
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toEqual([
      vmView('web'),
      { error: expect.objectContaining({ kind: 'VM_NOT_FOUND' }) },
    ]);
    expect(JSON.parse((await run('vm', 'delete', '--json', 'web')).stdout)).toEqual(vmView('web'));
  });

  it('tells how far a running operation is, what a cancelled one undid, and streams events with --json', async () => {
    const running = operationView({
      steps: [
        stepView(0, 'building', { startedAt: new Date(Date.now() - 5000).toISOString(), progress: 0.42 }),
      ],
    });
    const cancelled = operationView({
      state: 'cancelled',
      steps: [
        stepView(0, 'undoing what was done', {
          name: 'rollback',
          state: 'done',
          detail: 'the machine, the VM',
        }),
      ],
    });
    daemon.script
      .on('operation.list', () => [running])
      .on('operation.get', () => running)
      .on('operation.cancel', () => cancelled)
      .on('operation.watch', async function* () {
        yield { snapshot: running };
        yield { step: stepView(0, 'building', { progress: 0.43 }) };
        return operationView({ state: 'succeeded' });
      });
    expect((await run('operation', 'list')).stdout).toMatch(/running .* building 42 % \(5\.\d s\)/);
    expect((await run('operation', 'show', 'op1')).stdout).toMatch(/building +running 42 % +5\.\d s/);
    expect((await run('operation', 'cancel', 'op1')).stdout).toBe(
      'vm.create web: cancelled\nundone: the machine, the VM\n',
    );
    const lines = (await run('operation', 'watch', 'op1', '--json')).stdout.trim().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual([
      ['snapshot'],
      ['step'],
      ['snapshot'],
    ]);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ snapshot: { state: 'succeeded' } });
  });

  it('shows the end of the console of a guest that did not come up', async () => {
    daemon.script
      .on('vm.create.begin', () => operationView())
      .on('operation.watch', async function* () {
        yield { snapshot: operationView() };
        const details = { vm: 'web', stage: 'kernel', consoleTail: 'line 1\r\nKernel panic\u001b[0m\n' };
        const data = { kind: 'VM_BOOT_FAILED' as const, details, fix: 'try another image' };
        return operationView({ state: 'failed', error: { message: 'the guest did not boot', data } });
      });
    const { code, stderr } = await run('vm', 'create');
    expect(code).toBe(8);
    expect(stderr).toContain(
      'banger: the guest did not boot\n  fix: try another image\n  last lines of the console:\n    line 1\n    Kernel panic\\x1b[0m\n',
    );
  });

  it('hands the options over as the contract wants them', async () => {
    daemon.script.on('vm.create.begin', () => operationView({ state: 'succeeded' }));
    await cli(
      [
        '--socket',
        daemon.socketPath,
        'vm',
        'create',
        'sub/dir',
        '--name',
        'web',
        '--image',
        'debian',
        '--cpus',
        '3',
        '--memory',
        '1.5g',
        '--disk',
        '20GiB',
        '--env',
        'A=b=c',
        '--env',
        'CALLER',
        '--cold',
      ],
      { cwd: '/tmp', env: { CALLER: 'mine' } },
    );
    expect(daemon.script.callsOf('vm.create.begin')).toEqual([
      {
        name: 'web',
        image: 'debian',
        cpus: 3,
        memoryMib: 1536,
        diskMib: 20_480,
        cold: true,
        env: { A: 'b=c', CALLER: 'mine' },
        workspace: { path: '/tmp/sub/dir' },
      },
    ]);
  });

  it('keeps colours out of pipes and obeys FORCE_COLOR and NO_COLOR', async () => {
    daemon.script.on('vm.list', () => [vmView('web')]);
    const withEnv = async (env: Record<string, string>) =>
      (await cli(['--socket', daemon.socketPath, 'vm', 'list'], { env })).stdout.includes('\u001b[');
    expect([
      await withEnv({}),
      await withEnv({ FORCE_COLOR: '1' }),
      await withEnv({ FORCE_COLOR: '1', NO_COLOR: '1' }),
    ]).toEqual([false, true, false]);
  });

  it('says so when the daemon it was told to use is not there', async () => {
    const { code, stderr } = await cli(['--socket', '/nonexistent/s', 'vm', 'list']);
    expect(code).toBe(7);
    expect(stderr).toContain('no daemon answers on /nonexistent/s');
  });
});
