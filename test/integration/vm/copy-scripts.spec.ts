import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACK_OPTIONS } from '../../../src/contract/copy-archive.js';
import type { VmCopyParams } from '../../../src/contract/index.js';
import { COPY_EXITS } from '../../../src/vm/copy-files/copy-steps.js';
import { copyScript } from '../../../src/vm/copy-files/copy-scripts.js';

const MARK = '.banger-end-12345678';

/** The scripts run here as they do in a guest. */
describe('the scripts of a copy into a guest', () => {
  let scratch: string;
  let srv: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bgr-cp-'));
    srv = join(scratch, 'srv');
    mkdirSync(srv);
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  function run(step: Omit<VmCopyParams, 'vm'>, input: Buffer): { status: number | null; stderr: string } {
    const script = copyScript({ vm: 'web', ...step }, '/root');
    const { status, stderr } = spawnSync('sh', ['-c', script], { input, cwd: srv, encoding: 'utf8' });
    return { status, stderr };
  }
  /** Names below `at`, those that end in a slash as directories, each file with its own name in it. */
  function make(at: string, names: readonly string[]): void {
    for (const name of names) {
      const path = join(at, name);
      mkdirSync(name.endsWith('/') ? path : join(path, '..'), { recursive: true });
      if (!name.endsWith('/')) writeFileSync(path, name);
    }
  }
  /** What `sources` becomes in srv. */
  function unpack(
    tops: readonly string[],
    kind: 'directory' | 'contents' | 'several',
  ): ReturnType<typeof run> {
    const from = join(scratch, 'from');
    writeFileSync(join(from, MARK), '');
    const members = [...tops, MARK].map((name) => `./${name}`);
    const archive = execFileSync('tar', [...PACK_OPTIONS, '-C', from, ...members]);
    return run({ task: 'unpack', paths: [srv], kind, mark: MARK, name: tops[0] ?? '' }, archive);
  }

  // It moved what came before, said that nothing was changed, and left the rest.
  it.each<[string, string[], string]>([
    ['a file in the way of a directory', ['t/z'], 't/z is there, and no directory'],
    ['a directory in the way of a file', ['t/b/'], 't/b is a directory there'],
  ])('moves nothing with %s', (_what, there, refused) => {
    make(join(scratch, 'from'), ['t/a', 't/b', 't/z/x']);
    make(srv, ['t/k', ...there]);
    for (const kind of ['directory', 'several'] as const)
      expect(unpack(['t'], kind)).toEqual({
        status: COPY_EXITS.targetInvalid,
        stderr: `${srv}/${refused}`,
      });
    expect(readdirSync(join(srv, 't')).toSorted()).toEqual(
      [...there.map((name) => name.slice(2, 3)), 'k'].toSorted(),
    );
    expect(readdirSync(srv)).toEqual(['t']);
  });

  it('moves nothing through a link that is in the way', () => {
    make(join(scratch, 'from'), ['.a', 't/x']);
    mkdirSync(join(scratch, 'elsewhere'));
    symlinkSync(join(scratch, 'elsewhere'), join(srv, 't'));
    for (const kind of ['contents', 'several'] as const)
      expect(unpack(['.a', 't'], kind)).toEqual({
        status: COPY_EXITS.targetInvalid,
        stderr: `${srv}/t is a symbolic link, which is not followed`,
      });
    expect([readdirSync(srv), readdirSync(join(scratch, 'elsewhere'))]).toEqual([['t'], []]);
  });

  it('merges what has room: names of any kind, files in the place of files and of links', () => {
    make(join(scratch, 'from'), ['t/.h/x', 't/..o', 't/a\nb/*', 't/file', 't/link']);
    make(srv, ['t/.h/y', 't/a\nb/', 't/k']);
    writeFileSync(join(srv, 't/file'), 'old');
    symlinkSync('nowhere', join(srv, 't/link'));
    expect(unpack(['t'], 'directory')).toEqual({ status: 0, stderr: '' });
    const files = readdirSync(srv, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.map(({ name }) => name).toSorted()).toEqual(['*', '..o', 'file', 'k', 'link', 'x', 'y']);
    expect(readFileSync(join(srv, 't/file'), 'utf8')).toBe('t/file');
  });

  // truncate made it longer: zeros in the middle of a file that was said to be whole.
  it('appends to no part that became shorter since it was looked at', () => {
    const append = (offset: number): number | null =>
      run({ task: 'write', paths: [join(srv, 'big')], offset }, Buffer.from('more')).status;
    const part = join(srv, '.big.banger-part');
    writeFileSync(part, '12345678');
    expect([append(9), readFileSync(part, 'utf8')]).toEqual([COPY_EXITS.cutOff, '12345678']);
    expect([append(4), readFileSync(part, 'utf8')]).toEqual([0, '1234more']);
    rmSync(part);
    expect([append(8), existsSync(join(srv, 'big'))]).toEqual([COPY_EXITS.cutOff, false]);
  });
});
