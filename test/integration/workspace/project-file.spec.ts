import { execFileSync, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBangerError } from '../../../src/core/errors/index.js';
import { placeArguments, PLACE_SCRIPT } from '../../../src/vm/project/place-files.js';
import type { PlacedFile } from '../../../src/vm/project/project-reader.js';
import { RepositoryProjectReader } from '../../../src/workspace/project/repository-project-reader.js';
import { WorkspaceFiles } from '../../../src/workspace/repository/workspace-files.adapter.js';

const SECRET = 'root:$6$secret$hash';

let directory: string;
let repository: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-project-'));
  repository = join(directory, 'repo');
  file = join(repository, '.banger.toml');
  execFileSync('git', ['init', '-q', repository]);
  writeFileSync(join(directory, 'secret'), SECRET);
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What a creation with the repository would use, or the whole text of its failure. */
async function read(path = repository): Promise<unknown> {
  try {
    return await new RepositoryProjectReader(new WorkspaceFiles(directory)).read({ path });
  } catch (error) {
    const failure = toBangerError(error);
    return `${failure.kind} ${failure.message} ${JSON.stringify(failure.toData())}`;
  }
}

describe('the project file of a repository', () => {
  it('is found from within the repository, at its top alone', async () => {
    expect(await read()).toBeUndefined();
    mkdirSync(join(repository, 'sub'));
    writeFileSync(join(repository, 'sub/.banger.toml'), 'cpus = 9');
    writeFileSync(file, 'cpus = 2');
    symlinkSync(repository, join(directory, 'link'));
    for (const path of [repository, join(repository, 'sub'), join(directory, 'link/sub')])
      expect(await read(path)).toMatchObject({ file, settings: { cpus: 2 } });
    const reader = new RepositoryProjectReader(new WorkspaceFiles(directory));
    expect(await reader.read({ path: repository, projectFile: false })).toBeUndefined();
  });

  it('is none of the host’s other files: no link is followed, nothing of them is told', async () => {
    symlinkSync(join(directory, 'secret'), file);
    const told = await read();
    expect(told).toContain('PROJECT_FILE_INVALID');
    expect(told).toContain('is a link');
    expect(told).not.toContain('secret$');
  });

  it.runIf(process.getuid?.() === 0)('is none of another user, not even by a hard link', async () => {
    chownSync(repository, 65_534, 65_534);
    linkSync(join(directory, 'secret'), file);
    const told = await read();
    expect(told).toContain('belongs to another user');
    expect(told).not.toContain('secret$');
  });

  it.each<[string, string, () => void]>([
    ['a directory', 'is a directory, not a file', () => mkdirSync(file)],
    ['a pipe', 'is no file', () => execFileSync('mkfifo', [file])],
    ['an endless device', 'is a link', () => symlinkSync('/dev/zero', file)],
    ['a link to itself', 'is a link', () => symlinkSync(file, file)],
    ['too large', 'is larger than 64 KiB', () => writeFileSync(file, '#'.repeat(65_537))],
    ['no text', 'is no text in UTF-8', () => writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]))],
    ['no TOML', 'is no valid TOML', () => writeFileSync(file, 'cpus = = 2')],
    ['brackets without end', 'has errors', () => writeFileSync(file, `cpus = ${'['.repeat(60_000)}`)],
    [
      'unknown keys without end',
      'and 7950 more',
      () => writeFileSync(file, Array.from({ length: 8_000 }, (_, n) => `${n.toString(36)}=1\n`).join('')),
    ],
  ])('that is %s is told, and hangs nothing', async (_, problem, make) => {
    make();
    const told = String(await read());
    expect(told).toContain('PROJECT_FILE_INVALID');
    expect(told).toContain(problem);
    expect(told.length).toBeLessThan(20_000);
  });
});

describe('files of the project are placed', () => {
  let guest: string;
  beforeEach(() => {
    guest = join(directory, 'guest');
    mkdirSync(join(repository, 'config'));
    writeFileSync(join(repository, 'config/npmrc'), 'token');
  });

  /** What the guest runs; here the repository stands for its copy in the guest. */
  function place(...files: PlacedFile[]): { status: number | null; stderr: string } {
    const { status, stderr } = spawnSync('sh', ['-c', PLACE_SCRIPT, 'sh', ...placeArguments(files)], {
      cwd: repository,
      encoding: 'utf8',
    });
    return { status, stderr };
  }

  it('with the permissions given, in place of what was there, never through a link that is in the way', () => {
    const to = join(guest, 'root/a b/.npmrc');
    expect(place({ from: 'config/npmrc', to, mode: '0600' })).toEqual({ status: 0, stderr: '' });
    expect([readFileSync(to, 'utf8'), statSync(to).mode & 0o777]).toEqual(['token', 0o600]);
    rmSync(to);
    symlinkSync(join(directory, 'secret'), to);
    expect(place({ from: 'config/npmrc', to })).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(to, 'utf8')).toBe('token');
    expect(readFileSync(join(directory, 'secret'), 'utf8')).toBe(SECRET);
    mkdirSync(join(repository, '-rf'));
    writeFileSync(join(repository, '-rf/--help'), 'x');
    expect(place({ from: '-rf/--help', to: join(guest, 'odd') })).toEqual({ status: 0, stderr: '' });
  });

  it('in the directory that a target with "/" at its end names, whether it is there or not', () => {
    const to = join(guest, 'etc/npm/');
    for (const mode of ['0600', '0640']) {
      expect(place({ from: 'config/npmrc', to, mode })).toEqual({ status: 0, stderr: '' });
      expect(readFileSync(join(to, 'npmrc'), 'utf8')).toBe('token');
    }
    expect(statSync(join(to, 'npmrc')).mode & 0o777).toBe(0o640);
  });

  it.each<[string, string, () => void]>([
    [
      'link',
      'link leads out of the repository',
      () => symlinkSync(join(directory, 'secret'), join(repository, 'link')),
    ],
    ['up/secret', 'up/secret leads out of the repository', () => symlinkSync('..', join(repository, 'up'))],
    ['gone', 'leads out of the repository', () => symlinkSync('/nonexistent/x', join(repository, 'gone'))],
    ['missing', 'missing was not imported', () => undefined],
    ['config', 'config is no file', () => undefined],
    [
      'beside',
      'leads out of the repository',
      () => {
        mkdirSync(`${repository}-other`);
        writeFileSync(`${repository}-other/x`, SECRET);
        symlinkSync(`${repository}-other/x`, join(repository, 'beside'));
      },
    ],
  ])('%s is refused: %s', (from, problem, make) => {
    make();
    const to = join(guest, 'stolen');
    const { status, stderr } = place({ from, to });
    expect(stderr).toContain(problem);
    expect([status, existsSync(to)]).toEqual([1, false]);
  });
});
