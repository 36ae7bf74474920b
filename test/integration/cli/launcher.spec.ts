import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killProcess, processesMentioning } from '../../support/processes.js';
import { cli, LAUNCHER, ROOT } from './cli-process.js';

/** Program in the place of the daemon, for what happens around its start. */
const DAEMONS = {
  dies: `console.error('listening on nothing: EWHATEVER'); process.exit(70);`,
  tells: `
    const { BANGER_CONFIG, BANGER_STATE_DIR, BANGER_RUNTIME_DIR } = process.env;
    const detail = [BANGER_CONFIG, BANGER_STATE_DIR, BANGER_RUNTIME_DIR].join(':');
    if (process.argv[2] !== 'doctor') { console.error(detail); process.exit(70); }
    console.log(JSON.stringify({ healthy: true, mode: 'user', checks: [
      { id: 'git', title: 'git', status: 'ok', detail }] }));`,
  doctor: `console.log(JSON.stringify({ healthy: false, mode: 'user', checks: [
    { id: 'git', title: 'git', status: 'ok', detail: '2.39' },
    { id: 'kvm', title: 'KVM', status: 'warn', detail: 'absent', fix: 'use a host with KVM' },
    { id: 'qemu', title: 'QEMU', status: 'fail', detail: 'not installed', fix: 'apt-get install qemu-system-x86', packages: ['qemu-system-x86'] }] }));`,
  answers: `
    import { createServer } from 'node:net';
    import { mkdirSync } from 'node:fs';
    mkdirSync(process.env.BANGER_RUNTIME_DIR, { recursive: true });
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        const { id, method } = JSON.parse(data);
        const result = method === 'system.stop' ? { pid: process.pid } : [];
        socket.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
        if (method === 'system.stop') setTimeout(() => process.exit(0), 100);
      });
    });
    setTimeout(() => server.listen(process.env.BANGER_RUNTIME_DIR + '/banger.sock'), 300);`,
};

describe('the launcher and the start of the daemon', () => {
  let root: string;
  let env: Record<string, string>;

  /** A checkout with the real launcher and bundle, and a daemon of the test's. */
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'bgr-root-'));
    await copyFile(LAUNCHER, join(root, 'banger'));
    await chmod(join(root, 'banger'), 0o755);
    await cp(join(ROOT, 'scripts'), join(root, 'scripts'), { recursive: true });
    await cp(join(ROOT, 'dist/cli-bundle'), join(root, 'dist/cli-bundle'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    env = {
      BANGER_STATE_DIR: join(root, 'state'),
      BANGER_RUNTIME_DIR: join(root, 'run'),
      BANGER_CONFIG: join(root, 'config'),
    };
    await writeFile(join(root, 'config'), '');
  });
  afterEach(async () => {
    const left = await processesMentioning(root);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    await rm(root, { recursive: true });
    expect(left).toEqual([]);
  });

  const useDaemon = async (program: string): Promise<void> => {
    await mkdir(join(root, 'dist/daemon'), { recursive: true });
    await writeFile(join(root, 'dist/daemon/main.js'), program);
    await mkdir(join(root, 'dist/daemon-bundle'), { recursive: true });
    await writeFile(join(root, 'dist/daemon-bundle/bangerd.cjs'), "import('../daemon/main.js')");
    await writeFile(join(root, 'dist/daemon-bundle/package.json'), '{"type":"commonjs"}');
    await writeFile(join(root, 'dist/package.json'), '{"type":"module"}');
    await writeFile(join(root, 'dist/cli-bundle/package.json'), '{"type":"commonjs"}');
  };
  const run = (...args: string[]) => cli(args, { env, program: join(root, 'banger') });

  it('works from anywhere, through symbolic links', async () => {
    await mkdir(join(root, 'bin/deep'), { recursive: true });
    await symlink('../../banger', join(root, 'bin/deep/one'));
    await symlink('deep/one', join(root, 'bin/two'));
    const options = { env, cwd: join(root, 'bin') };
    expect((await cli(['--version'], { ...options, program: './two' })).code).toBe(0);
    expect(
      (await cli(['--version'], { ...options, cwd: '/', program: join(root, 'bin/deep/one') })).code,
    ).toBe(0);
    expect((await cli(['banger', '--version'], { ...options, cwd: root, program: '/bin/sh' })).code).toBe(0);
  });

  it('says what to do in a checkout that is not built', async () => {
    await rm(join(root, 'dist'), { recursive: true });
    expect(await run('vm', 'list')).toEqual({
      code: 6,
      signal: null,
      stdout: '',
      stderr: 'banger: banger is not built yet\n  fix: run: ./banger quickstart\n',
    });
  });

  it('says what to do without a Node.js that is new enough', async () => {
    await rm(join(root, 'node_modules'));
    const { code, stderr } = await cli(['vm', 'list'], {
      env: { ...env, PATH: '/usr/bin:/bin' },
      program: join(root, 'banger'),
    });
    expect(code).toBe(6);
    expect(stderr).toContain('no Node.js 24.15 or newer found');
    const wrong = await cli(['vm', 'list'], {
      env: { ...env, BANGER_NODE: '/nonexistent/node' },
      program: join(root, 'banger'),
    });
    expect(wrong).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('BANGER_NODE is /nonexistent/node'),
    });
  });

  it('names the missing programs before it begins a quickstart', async () => {
    await mkdir(join(root, 'path'));
    for (const name of ['cat', 'cut', 'sha256sum', 'id', 'readlink'])
      await symlink(`/usr/bin/${name}`, join(root, 'path', name));
    const { code, stderr } = await cli(['quickstart'], {
      env: { ...env, PATH: join(root, 'path') },
      program: join(root, 'banger'),
    });
    expect(code).toBe(6);
    expect(stderr).toMatch(/banger: missing on this host: git/);
    expect(stderr).toMatch(/fix: (sudo )?apt-get install --no-install-recommends git/);
  });

  it('starts a daemon that outlives the command, and stops it', async () => {
    await useDaemon(DAEMONS.answers);
    expect(await run('daemon', 'status')).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('the daemon does not run'),
    });
    const [first, second] = await Promise.all([run('vm', 'list', '--json'), run('vm', 'list', '--json')]);
    expect([first.code, first.stdout, second.stdout]).toEqual([0, '[]\n', '[]\n']);
    expect(first.stderr).toContain('starting the daemon');
    for (const { pid } of await processesMentioning(root)) {
      if ((await run('daemon', 'stop')).stdout.includes(`pid ${pid}`)) continue;
      killProcess(pid); // the loser of the race: this daemon of the test's keeps no lock, and ends when the socket is taken
    }
    expect((await run('daemon', 'stop')).stdout).toBe('the daemon does not run\n');
  });

  it('shows the end of its log when the daemon does not start', async () => {
    await useDaemon(DAEMONS.dies);
    const { code, stderr } = await run('vm', 'list');
    expect(code).toBe(7);
    expect(stderr).toContain('banger: the daemon did not start\n  why: it ended by itself\n');
    expect(stderr).toContain('    listening on nothing: EWHATEVER\n');
    expect(await readFile(join(root, 'state/log/bangerd.log'), 'utf8')).toContain('EWHATEVER');
  });

  it('shows it also of a daemon that emptied a large log before', async () => {
    await mkdir(join(root, 'state/log'), { recursive: true });
    const log = join(root, 'state/log/bangerd.log');
    await writeFile(log, 'old\n'.repeat(10_000));
    await useDaemon(`import { truncateSync } from 'node:fs'; truncateSync('${log}'); ${DAEMONS.dies}`);
    const { code, stderr } = await run('vm', 'list');
    expect(code).toBe(7);
    expect(stderr).toContain('    listening on nothing: EWHATEVER\n');
  });

  it('shows the reason even where there is no place for a log', async () => {
    await useDaemon(DAEMONS.dies);
    await writeFile(join(root, 'state'), 'a file in the way');
    const { code, stderr } = await run('vm', 'list');
    expect(code).toBe(7);
    expect(stderr).toContain('    listening on nothing: EWHATEVER\n');
  });

  it('gives the daemon and the checks of the host the places that relative paths name from here', async () => {
    await useDaemon(DAEMONS.tells);
    const places = `${join(root, 'config')}:${join(root, 'state')}:${join(root, 'deep/run')}\n`;
    const options = {
      env: { BANGER_CONFIG: '../config', BANGER_STATE_DIR: '../state', BANGER_RUNTIME_DIR: 'run' },
      cwd: join(root, 'deep'),
      program: join(root, 'banger'),
    };
    await mkdir(options.cwd);
    expect((await cli(['vm', 'list'], options)).stderr).toContain(`    ${places}`);
    expect((await cli(['doctor'], options)).stdout).toContain(places);
  });

  it('leaves an empty variable as it is: there is none', async () => {
    await useDaemon(DAEMONS.tells);
    const { stdout } = await cli(['doctor'], {
      env: { ...env, BANGER_CONFIG: '' },
      cwd: root,
      program: join(root, 'banger'),
    });
    expect(stdout).toContain(`git  :${join(root, 'state')}:`);
  });

  it('becomes ssh, with the pinned host key and the status of ssh', async () => {
    const view = {
      host: '127.0.0.1',
      port: 22_001,
      user: 'root',
      identityFile: '/k/id',
      knownHostsFile: '/k/known hosts',
      hostKeyAlias: 'banger-web',
    };
    await useDaemon(DAEMONS.answers.replace(': [];', `: ${JSON.stringify(view)};`));
    await mkdir(join(root, 'path'));
    await writeFile(join(root, 'path/ssh'), '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 23\n', { mode: 0o755 });
    const { code, stdout, stderr } = await cli(
      ['vm', 'ssh', 'web', '--quiet', '--', '-L', '8080:localhost:80'],
      {
        env: { ...env, PATH: `${root}/path:/usr/bin:/bin` },
        program: join(root, 'banger'),
      },
    );
    expect({ code, stderr }).toEqual({ code: 23, stderr: '' });
    expect(stdout.trim().split('\n')).toEqual([
      ...[
        'HostName=127.0.0.1',
        'Port=22001',
        'User=root',
        'IdentityFile="/k/id"',
        'IdentitiesOnly=yes',
        'UserKnownHostsFile="/k/known hosts"',
        'GlobalKnownHostsFile=/dev/null',
        'HostKeyAlias=banger-web',
        'StrictHostKeyChecking=yes',
        'CheckHostIP=no',
        'UpdateHostKeys=no',
        'ProxyCommand=none',
        'LogLevel=ERROR',
      ].flatMap((setting) => ['-o', setting]),
      ...['root@127.0.0.1', '-L', '8080:localhost:80'],
    ]);
    const without = await cli(['vm', 'ssh', 'web'], {
      env: { ...env, PATH: `${root}/path-without` },
      program: join(root, 'banger'),
    });
    expect(without).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('fix: apt-get install openssh-client'),
    });
    for (const { pid } of await processesMentioning(root)) process.kill(pid, 'SIGKILL');
  });

  it('checks the host without a daemon', async () => {
    await useDaemon(DAEMONS.doctor);
    const { code, stdout } = await run('doctor');
    expect(code).toBe(6);
    expect(stdout).toBe(
      [
        '✔ git   2.39',
        '! KVM   absent',
        '        fix: use a host with KVM',
        '✖ QEMU  not installed',
        '        fix: apt-get install qemu-system-x86',
        '',
        'this host cannot run VMs yet (user mode)',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run('doctor', '--json')).stdout)).toMatchObject({
      healthy: false,
      mode: 'user',
    });
  });

  it('reads the daemon’s log without a daemon', async () => {
    await mkdir(join(root, 'state/log'), { recursive: true });
    const entry = {
      level: 40,
      time: '2026-01-01T00:00:00.000Z',
      msg: 'guest said \u001b[2J',
      context: 'VmService',
      vm: 'web',
    };
    await writeFile(
      join(root, 'state/log/bangerd.log'),
      `{"level":30,"msg":"old"}\n${JSON.stringify(entry)}\nno json\n`,
    );
    const { code, stdout } = await run('daemon', 'logs', '--lines', '2');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '2026-01-01T00:00:00.000Z warn  VmService guest said \\x1b[2J vm=web\nno json\n',
    });
    expect((await run('daemon', 'logs', '-n', '2', '--json')).stdout).toBe(
      `${JSON.stringify(entry)}\nno json\n`,
    );
  });
});
