import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { makeForeignRepository } from '../../support/foreign-repository.js';
import { collect, TestHost } from '../../support/test-host.js';

function git(directory: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: directory, encoding: 'utf8' });
}

describe('vm run', () => {
  let host: TestHost;
  let repository: string;
  let parent: string;
  beforeAll(async () => {
    host = await TestHost.create();
    parent = mkdtempSync(join(tmpdir(), 'bgr-repo-'));
    repository = makeForeignRepository(join(parent, 'project'));
    makeDirty(repository);
  });
  afterEach(() => host.assertClean());
  afterAll(async () => {
    rmSync(parent, { recursive: true, force: true });
    await host.close();
  });

  it('--rm: the guest sees the same repository in the same state; output and exit code come back; nothing stays', async () => {
    const script = 'pwd; git rev-parse HEAD; git status --porcelain; echo to-stderr >&2; exit 7';
    const result = await host.banger(['vm', 'run', '--rm', repository, '--', 'sh', '-c', script]);
    expect(result.exitCode, result.stderr).toBe(7);
    expect(result.stdout).toBe(
      `/root/project\n${git(repository, 'rev-parse', 'HEAD')}${git(repository, 'status', '--porcelain')}`,
    );
    expect(result.stderr).toContain('to-stderr\n');
    expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
  });

  it('keeps the VM without --rm, and later commands run in the repository', async () => {
    const run = await host.banger(['vm', 'run', '--name', 'kept', repository, '--', 'true']);
    expect(run).toMatchObject({ exitCode: 0, stdout: '' });
    const again = await host.banger(['vm', 'exec', 'kept', '--', 'git', 'log', '-1', '--format=%H']);
    expect(again.stdout).toBe(git(repository, 'log', '-1', '--format=%H'));
    expect(await host.banger(['vm', 'delete', '--force', 'kept'])).toMatchObject({ exitCode: 0 });
  });

  it('passes stdin, odd arguments and every exit code as they are', async () => {
    await host.json(['vm', 'create', '--name', 'codes']);
    const odd = ['', 'a b', "it's", '"', '$(false)', '`false`', '\n', '*', '\\', 'ü', '-n', '--'];
    const echoed = await host.banger(['vm', 'exec', 'codes', '--', 'printf', '%s\\0', ...odd]);
    expect(echoed.stdout).toBe(odd.map((argument) => `${argument}\0`).join(''));

    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const counted = await host.banger(['vm', 'exec', 'codes', '--', 'sha256sum'], { input: bytes });
    const { createHash } = await import('node:crypto');
    expect(counted.stdout).toBe(`${createHash('sha256').update(bytes).digest('hex')}  -\n`);

    const codes = await Promise.all(
      [
        ['true'],
        ['false'],
        ['sh', '-c', 'exit 42'],
        ['no-such-command'],
        ['/etc/passwd'],
        ['sh', '-c', 'kill -TERM $$'],
      ].map((command) => host.banger(['vm', 'exec', 'codes', '--', ...command])),
    );
    expect(codes.map(({ exitCode }) => exitCode)).toEqual([0, 1, 42, 127, 126, 143]);

    const background = await host.banger(['vm', 'exec', 'codes', '--', 'sh', '-c', 'sleep 600 & echo done'], {
      timeoutMs: 60_000,
    });
    expect(background, 'a background child does not hold the command').toMatchObject({
      exitCode: 0,
      stdout: 'done\n',
    });
    await host.banger(['vm', 'delete', '--force', 'codes']);
  });

  it('--rm deletes the VM when Ctrl-C comes while it is created, while the command runs, and when the CLI is killed', async () => {
    for (const [waitFor, signal, code] of [
      ['booting', 'SIGINT', 130],
      ['started', 'SIGINT', 130],
      ['started', 'SIGKILL', null],
    ] as const) {
      const child = host.spawn(
        [
          ...['vm', 'run', '--rm', ...(waitFor === 'booting' ? ['--cold'] : []), repository],
          ...['--', 'sh', '-c', 'echo started >&2; sleep 600'],
        ],
        {
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      const seen = new Promise<void>((resolve) => {
        let text = '';
        child.stderr?.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes(waitFor)) resolve();
        });
      });
      const result = collect(child, 120_000);
      await seen;
      await delay(300);
      child.kill(signal);
      expect((await result).exitCode, `${signal} while ${waitFor}`).toBe(code);
      await expect.poll(() => host.json<VmView[]>(['vm', 'list']), { timeout: 60_000 }).toEqual([]);
      await host.assertClean();
    }
  });

  it('prints one object with --json', async () => {
    const result = await host.banger([
      'vm',
      'run',
      '--rm',
      '--json',
      repository,
      '--',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 3',
    ]);
    expect(result.exitCode).toBe(3);
    expect(JSON.parse(result.stdout)).toMatchObject({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      vm: { ephemeral: true },
    });
  });
});

/** Staged, unstaged, deleted, untracked, ignored-by-nobody, odd names, a link out of the tree. */
function makeDirty(repository: string): void {
  const tracked = git(repository, 'ls-files', '-z')
    .split('\0')
    .filter((name) => !name.includes('/') && name !== '');
  const [first, second] = tracked;
  writeFileSync(join(repository, 'staged.txt'), 'staged\n');
  git(repository, 'add', 'staged.txt');
  appendFileSync(join(repository, 'staged.txt'), 'and changed again\n');
  appendFileSync(join(repository, first ?? ''), '\nchanged\n');
  unlinkSync(join(repository, second ?? ''));
  writeFileSync(join(repository, 'a "quoted"\nname'), 'x');
  writeFileSync(Buffer.concat([Buffer.from(`${repository}/not-utf8-`), Buffer.from([0xff, 0xfe])]), 'y');
  symlinkSync('/etc/passwd', join(repository, 'link-out'));
}
