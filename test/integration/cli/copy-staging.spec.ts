import { chmodSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree, stage } from '../../../src/cli/copy/staging.adapter.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';

const isRoot = process.getuid?.() === 0;

describe('what came of a copy, moved to its place on the host', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bgr-cp-'));
  });
  afterEach(() => removeTree(scratch));

  /** Directories with a file in each, some with modes of their own, that are merged with what is in `into`. */
  async function merged(into: string, directories: Readonly<Record<string, number>>): Promise<void> {
    const staging = await stage(into);
    try {
      for (const name of Object.keys(directories)) {
        mkdirSync(join(staging.directory, name), { recursive: true });
        writeFileSync(join(staging.directory, name, 'file'), 'new');
      }
      for (const [name, mode] of Object.entries(directories).toReversed())
        chmodSync(join(staging.directory, name), mode);
      staging.place({ into, as: undefined }, { contents: false });
    } finally {
      await staging.remove();
    }
  }

  // They were opened up to look into them, and had those modes then.
  it('gives directories that are there the modes of those that came, whatever those are', async () => {
    const came = { t: 0o750, 't/closed': 0o555, 't/hidden': 0o311, 't/open': 0o777, 't/new': 0o500 };
    for (const name of ['t/closed', 't/hidden', 't/open'])
      mkdirSync(join(scratch, name), { recursive: true });
    await merged(scratch, came);
    expect(Object.keys(came).map((name) => statSync(join(scratch, name)).mode & 0o7777)).toEqual(
      Object.values(came),
    );
    expect(readdirSync(scratch)).toEqual(['t']);
    expect(readdirSync(join(scratch, 't/closed'))).toEqual(['file']);
  });

  /** Skipped without root: a file system has to be mounted. */
  it.skipIf(!isRoot)(
    'moves nothing where a directory below is another file system, or may not be written',
    async () => {
      const other = new SmallFilesystem(join(scratch, 't/z'), 1);
      try {
        await expect(merged(scratch, { t: 0o755, 't/a': 0o755, 't/z': 0o755 })).rejects.toMatchObject({
          kind: 'COPY_TARGET_INVALID',
        });
        other.readOnly(true);
        await expect(merged(scratch, { t: 0o755, 't/a': 0o755, 't/z': 0o755 })).rejects.toMatchObject({
          code: 'EROFS',
        });
        expect([readdirSync(scratch), readdirSync(join(scratch, 't'))]).toEqual([['t'], ['z']]);
      } finally {
        other.unmount();
      }
    },
  );

  /** Skipped as root, who may write anywhere. */
  it.skipIf(isRoot)('moves nothing where a directory below may not be written', async () => {
    mkdirSync(join(scratch, 't/z'), { recursive: true });
    chmodSync(join(scratch, 't/z'), 0o555);
    await expect(merged(scratch, { t: 0o755, 't/a': 0o755, 't/z': 0o755 })).rejects.toMatchObject({
      code: 'EACCES',
    });
    expect(readdirSync(join(scratch, 't'))).toEqual(['z']);
  });
});
