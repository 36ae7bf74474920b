import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkspaceExportView } from '../../../src/contract/index.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { OperationRelay } from '../../../src/core/operation-relay.js';
import type { ServerByteChannel } from '../../../src/core/rpc/index.js';
import { PseudoTerminal } from '../../support/pseudo-terminal.js';
import { cli, CliRun, LAUNCHER } from './cli-process.js';
import type { CliOptions, CliResult } from './cli-process.js';
import { operationView, startFakeDaemon, stepView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const BYTES = Buffer.from([0x2b, 0xff, 0x00, 0x1b, 0x5d, 0x0d, 0x0a]);
const EXPORTED: WorkspaceExportView = {
  vm: 'web',
  repository: '/home/ada/shop',
  outcome: 'created',
  branch: 'banger/web',
  commits: 3,
  uncommitted: true,
  files: 12,
  warnings: ['it changes files that tools may run by themselves: .envrc\u001b[2J'],
};

/** What the daemon shows of an export as it goes; the warnings are there, and in the result. */
function endedOperation(warnings: string[]): Parameters<OperationRelay['follow']>[0] {
  const steps = [stepView(0, 'receiving the work')];
  const view = operationView({ state: 'succeeded', steps, warnings });
  const watch = (): ReturnType<Parameters<OperationRelay['follow']>[0]['watch']> => ({
    snapshot: operationView({ steps }),
    queue: { next: async () => undefined },
    unwatch: () => undefined,
  });
  return { id: view.id, open: false, view, watch };
}

describe('banger workspace', () => {
  let daemon: FakeDaemon;
  let directory: string;
  beforeEach(async () => {
    daemon = await startFakeDaemon();
    directory = await mkdtemp(join(tmpdir(), 'bgr-cli-workspace-'));
  });
  afterEach(async () => {
    await daemon.stop();
    await rm(directory, { recursive: true });
  });

  const run = (words: string, options: CliOptions = {}): Promise<CliResult> =>
    cli(['--socket', daemon.socketPath, ...words.split(' ')], { cwd: directory, ...options });
  const sending = (work: (channel: ServerByteChannel) => Promise<void>): void => {
    for (const method of ['workspace.diff', 'workspace.bundle'] as const)
      daemon.script.on(method, () => daemon.script.grant(work));
  };
  const sendBytes = async (channel: ServerByteChannel): Promise<void> => {
    channel.stdout.write(BYTES);
    await channel.exit({ exitCode: 0, signal: null });
  };
  const sendForEver = async (channel: ServerByteChannel): Promise<void> => {
    while (!channel.aborted.aborted)
      if (!channel.stdout.write('again\n'.repeat(1000)))
        await Promise.race([once(channel.stdout, 'drain'), channel.closed]);
  };

  it('diff gives a pipe every byte, asks for what was asked for, and says when that is nothing', async () => {
    sending(sendBytes);
    const command = `${LAUNCHER} --socket ${daemon.socketPath} workspace diff web other --at shop --committed-only | od -An -tx1`;
    const piped = await new CliRun(['-c', command], { program: 'bash', stdin: '' }).ended;
    expect(piped.stdout.trim()).toBe('2b ff 00 1b 5d 0d 0a');
    await run('workspace diff web --stat');
    await run('workspace diff web --name-only');
    expect(daemon.script.callsOf('workspace.diff')).toEqual([
      { vm: 'web', format: 'patch', against: 'other', at: 'shop', committedOnly: true },
      { vm: 'web', format: 'stat' },
      { vm: 'web', format: 'name-only' },
    ]);
    sending((channel) => channel.exit({ exitCode: 0, signal: null }));
    expect(await run('workspace diff web')).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: 'web has no work\n',
    });
    expect((await run('workspace diff web --stat --name-only')).code).toBe(2);
  });

  it('diff lets nothing that a guest has written at a terminal', async () => {
    sending(async (channel) => {
      channel.stdout.write('diff --git a/x b/x\n@@ -0,0 +1 @@\n+\u001b]0;owned\u0007\tx\n');
      await channel.exit({ exitCode: 0, signal: null });
    });
    const words = `${LAUNCHER} --socket ${daemon.socketPath} workspace diff web`;
    const terminal = new PseudoTerminal(words, { PATH: process.env['PATH'], HOME: '/nonexistent' });
    expect(await terminal.ended()).toMatchObject({ status: 0 });
    expect(terminal.output).toContain(String.raw`+\x1b]0;owned\x07`);
    expect(terminal.output).not.toContain('\u001b]0;');
    expect(terminal.output).toContain('\u001b[36m@@ -0,0 +1 @@');
  });

  it('export shows on a terminal how much of a file has come, and takes that away at the end', async () => {
    sending(async (channel) => {
      channel.stdout.write('x'.repeat(2048));
      await new Promise((wake) => setTimeout(wake, 600));
      await channel.exit({ exitCode: 0, signal: null });
    });
    const file = join(directory, 'web.patch');
    const words = `${LAUNCHER} --socket ${daemon.socketPath} workspace export web --patch ${file}`;
    const terminal = new PseudoTerminal(words, { PATH: process.env['PATH'], HOME: '/nonexistent' });
    expect(await terminal.ended()).toMatchObject({ status: 0 });
    const [line = '', rest = ''] = terminal.output.split('\r\u001b[K').slice(-2);
    expect(line).toMatch(/web\.patch {2}2K {2}.*\/s/);
    expect(rest).toContain('web.patch: 2K');
  });

  it('diff ends with its reader, as a pipe does', async () => {
    sending(sendForEver);
    const command = `${LAUNCHER} --socket ${daemon.socketPath} workspace diff web | head -1; echo \${PIPESTATUS[0]}`;
    const result = await new CliRun(['-c', command], { program: 'bash', stdin: '' }).ended;
    expect(result).toMatchObject({ stdout: 'again\n141\n', stderr: '' });
  });

  it('diff fails with what the daemon says', async () => {
    sending(async (channel) => {
      channel.stdout.write('half');
      await channel.fail(
        new BangerError('WORKSPACE_WORK_REFUSED', 'refused', { details: { vm: 'web', reason: 'x' } }),
      );
    });
    expect(await run('workspace diff web')).toMatchObject({ code: 10, stderr: 'banger: refused\n' });
  });

  it('export writes files whole or not at all', async () => {
    sending(sendBytes);
    await writeFile(join(directory, 'target'), 'old', { mode: 0o600 });
    await symlink('target', join(directory, 'web.patch'));
    expect(await run('workspace export web --patch web.patch')).toMatchObject({
      code: 0,
      stdout: 'web.patch: 7B\n',
      stderr: 'apply it: git apply --index web.patch\n',
    });
    expect(await readFile(join(directory, 'target'))).toEqual(BYTES);
    const bundled = await run('--json workspace export web --branch b --bundle new.bundle');
    expect(JSON.parse(bundled.stdout)).toEqual({ file: 'new.bundle', bytes: 7 });
    expect(daemon.script.callsOf('workspace.bundle')).toEqual([{ vm: 'web', branch: 'b' }]);

    sending(async (channel) => {
      channel.stdout.write('half');
      await channel.fail(
        new BangerError('WORKSPACE_NO_WORK', 'no work', { details: { vm: 'web', path: '/x' } }),
      );
    });
    expect((await run('workspace export web --patch web.patch')).code).toBe(4);
    sending(sendForEver);
    const cancelled = new CliRun(
      ['--socket', daemon.socketPath, 'workspace', 'export', 'web', '--patch', 'web.patch'],
      { cwd: directory },
    );
    while ((await readdir(directory)).length < 4) await new Promise((wake) => setTimeout(wake, 10));
    cancelled.child.kill('SIGINT');
    expect(await cancelled.ended).toMatchObject({
      code: 130,
      stderr: 'banger: writing web.patch was cancelled\n',
    });
    expect(await readFile(join(directory, 'target'))).toEqual(BYTES);
    expect((await readdir(directory)).toSorted()).toEqual(['new.bundle', 'target', 'web.patch']);
  });

  it('export writes to what is no file, and says where it cannot', async () => {
    sending(sendBytes);
    expect((await run('workspace export web --patch -')).stdout.length).toBeGreaterThan(0);
    expect((await run('workspace export web --patch /dev/null')).code).toBe(0);
    expect(await run('workspace export web --patch /dev/full')).toMatchObject({ code: 9 });
    await mkdir(join(directory, 'taken'));
    expect(await run('workspace export web --patch taken')).toMatchObject({
      code: 10,
      stderr: expect.stringContaining('it is a directory'),
    });
    expect((await run('workspace export web --patch none/x')).stderr).toContain('there is no such directory');
  });

  it('export makes a branch, and says what to type next', async () => {
    daemon.script.on('workspace.export', () => {
      OperationRelay.current?.follow(endedOperation(EXPORTED.warnings));
      return EXPORTED;
    });
    const words = 'workspace export web --branch b --at shop --committed-only --merge --to moved';
    expect(await run(words)).toMatchObject({
      code: 0,
      stdout: 'banger/web: 3 commits, the last of what was not committed, 12 files\n',
      stderr:
        '- receiving the work\n' +
        'warning: it changes files that tools may run by themselves: .envrc\\x1b[2J\n' +
        'look at it: git -C /home/ada/shop log HEAD..banger/web\n' +
        'take it: git -C /home/ada/shop merge banger/web\n',
    });
    expect(daemon.script.callsOf('workspace.export')).toEqual([
      { vm: 'web', branch: 'b', at: 'shop', committedOnly: true, merge: true, to: join(directory, 'moved') },
    ]);
    expect(JSON.parse((await run('--json workspace export web')).stdout)).toEqual(EXPORTED);
    daemon.script.on('workspace.export', () => {
      const details = { path: '/home/ada/shop', into: 'main', files: ['a.txt', '\u001b[2J'] };
      throw new BangerError('WORKSPACE_MERGE_CONFLICT', 'it makes conflicts', { details });
    });
    expect(await run('workspace export web --merge')).toMatchObject({
      code: 4,
      stderr: 'banger: it makes conflicts\n  - a.txt\n  - \\x1b[2J\n',
    });
  });

  it('export refuses a name that no branch can have, before anything is asked', async () => {
    expect(await run('workspace export web --branch a..b')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--branch "a..b" is no branch that git takes'),
    });
    expect(daemon.script.calls).toEqual([]);
  });

  it.each([
    '--patch x --bundle y',
    '--patch x --merge',
    '--bundle x --merge',
    '--patch x --to /y',
    '--patch x --branch y',
  ])('export refuses %s', async (words) => {
    expect(await run(`workspace export web ${words}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot be given together'),
    });
    expect(daemon.script.calls).toEqual([]);
  });
});
