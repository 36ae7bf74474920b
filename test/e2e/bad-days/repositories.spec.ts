import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeForeignRepository } from '../../support/foreign-repository.js';
import { TestHost } from '../../support/test-host.js';

const BIG_BYTES = 64 * 1024 * 1024;

function git(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];
  return execFileSync('git', [...identity, '-c', 'protocol.file.allow=always', ...args], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('an unusual repository', () => {
  let host: TestHost;
  let parent: string;
  beforeAll(async () => {
    host = await TestHost.create();
    parent = mkdtempSync(join(tmpdir(), 'bgr-odd-'));
  });
  afterEach(() => host.assertClean());
  afterAll(async () => {
    rmSync(parent, { recursive: true, force: true });
    await host.close();
  });

  it('without a commit comes in with its files', async () => {
    const repository = join(parent, 'fresh');
    git(parent, 'init', '--quiet', '--initial-branch=trunk', 'fresh');
    writeFileSync(join(repository, 'staged'), 'one\n');
    git(repository, 'add', 'staged');
    writeFileSync(join(repository, 'untracked'), 'two\n');
    const script = 'git status --porcelain; git symbolic-ref HEAD; cat staged untracked';
    const result = await host.banger(['vm', 'run', '--rm', repository, '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({
      exitCode: 0,
      stdout: `${git(repository, 'status', '--porcelain')}refs/heads/trunk\none\ntwo\n`,
    });
  });

  it('that is empty is one in the guest, too', async () => {
    git(parent, 'init', '--quiet', 'nothing');
    const script = 'git status --porcelain; git rev-parse --is-inside-work-tree; ls -A';
    const result = await host.banger([
      'vm',
      'run',
      '--rm',
      join(parent, 'nothing'),
      '--',
      'sh',
      '-c',
      script,
    ]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0, stdout: 'true\n.git\n' });
  });

  it('with a submodule says what does not come along; with a large file has it whole', async () => {
    const repository = makeForeignRepository(join(parent, 'super'));
    makeForeignRepository(join(parent, 'library'));
    git(repository, 'submodule', '--quiet', 'add', join(parent, 'library'), 'library');
    git(repository, 'commit', '--quiet', '-m', 'A library');
    mkdirSync(join(repository, 'data'));
    const big = join(repository, 'data/big');
    writePattern(big);
    const [sum = ''] = execFileSync('sha256sum', [big], { encoding: 'utf8' }).split(' ');
    const result = await host.banger(['vm', 'run', '--rm', repository, '--', 'sha256sum', 'data/big']);
    expect(result, result.stderr).toMatchObject({ exitCode: 0, stdout: `${sum}  data/big\n` });
    expect(result.stderr).toMatch(/warning: .*submodule/);
  });
});

/** 32 MiB that hardly compress, and a hole of the same size. */
function writePattern(path: string): void {
  const descriptor = openSync(path, 'w');
  const block = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < BIG_BYTES / 2; at += block.length) {
    for (let word = 0; word < block.length; word += 4) {
      block.writeUInt32LE(Math.imul(at + word, 2654435761) >>> 0, word);
    }
    writeSync(descriptor, block);
  }
  ftruncateSync(descriptor, BIG_BYTES);
  closeSync(descriptor);
}
