import { describe, expect, it } from 'vitest';
import {
  displayPath,
  parseCheckedOut,
  parseConfig,
  parseDiffFiles,
  parseIndexListing,
  parseUntracked,
  toBytes,
} from './git-listing.js';

const ID = '9a72323797a8566b1fecd860f0e802acafb36594';
const EMPTY = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';
const NULL = '0'.repeat(40);
const nul = (...records: string[]): Buffer => toBytes(records);

describe('listings of git', () => {
  it('keeps every byte of a path', () => {
    const path = 'new\nline"\u00ff\u0080\t';
    const { files } = parseUntracked(nul(path));
    expect(toBytes(files)).toEqual(Buffer.from(`${path}\0`, 'latin1'));
    expect(parseUntracked(Buffer.from('ünï\0')).files.map(displayPath)).toEqual(['ünï']);
  });

  it('finds the index entries that are more than a file', () => {
    const listing = parseIndexListing(
      nul(
        `H 100644 ${ID} 0\tplain`,
        `M 100644 ${ID} 1\tboth\tsides`,
        `M 100755 ${ID} 3\tboth\tsides`,
        `S 100644 ${ID} 0\tsparse`,
        `h 100644 ${ID} 0\tassumed`,
        `s 100644 ${ID} 0\tboth bits`,
        `H 160000 ${ID} 0\tsub`,
      ),
    );
    expect(listing).toEqual({
      unmerged: [`100644 ${ID} 1\tboth\tsides`, `100755 ${ID} 3\tboth\tsides`],
      unmergedPaths: new Set(['both\tsides']),
      skipWorktree: ['sparse', 'both bits'],
      assumeUnchanged: ['assumed', 'both bits'],
      submodules: ['sub'],
    });
  });

  it('sorts the changes of the working tree', () => {
    const changes = parseDiffFiles(
      nul(
        ...[`:100644 100644 ${ID} ${NULL} M`, 'changed'],
        ...[`:100644 000000 ${ID} ${NULL} D`, 'gone'],
        ...[`:100644 000000 ${EMPTY} ${NULL} D`, 'gone and empty'],
        ...[`:000000 100644 ${NULL} ${NULL} A`, 'intended'],
        ...[`:000000 100644 ${NULL} ${NULL} U`, 'conflict'],
        ...[`:000000 000000 ${NULL} ${NULL} U`, 'conflict gone'],
        ...[`:160000 160000 ${ID} ${NULL} M`, 'sub'],
        ...[`:100644 120000 ${ID} ${NULL} T`, ':100644 looks like a record'],
      ),
    );
    expect(changes).toEqual({
      present: new Set(['changed', 'intended', 'conflict', ':100644 looks like a record']),
      deleted: new Set(['gone', 'gone and empty', 'conflict gone']),
      deletedEmpty: ['gone and empty'],
      intentToAdd: ['intended'],
      changedSubmodules: ['sub'],
      oldIds: new Set([ID]),
    });
  });

  it('tells repositories from files', () => {
    expect(parseUntracked(nul('a', 'inner/', 'b/c'))).toEqual({
      files: ['a', 'b/c'],
      repositories: ['inner/'],
    });
  });

  it('tells the entries that are to be checked out from those that a sparse checkout leaves out', () => {
    const listed = nul(
      `H 100644 ${ID} 0\ta b`,
      `S 100644 ${NULL} 0\tleft`,
      `s 100644 ${NULL} 0\tout`,
      `h 100755 ${EMPTY} 0\tassumed`,
    );
    expect(parseCheckedOut(listed)).toEqual([
      { id: ID, path: 'a b' },
      { id: EMPTY, path: 'assumed' },
    ]);
  });

  it('takes the last value of a key, and true for one without', () => {
    const { values } = parseConfig(
      nul('global', 'a.b\n1', 'local', 'a.b\ntwo\nlines', 'local', 'c.d', 'local', 'e.f\n'),
    );
    expect([...values]).toEqual([
      ['a.b', 'two\nlines'],
      ['c.d', 'true'],
      ['e.f', ''],
    ]);
  });

  it("tells the repository's own word from the host's", () => {
    const { ofRepository } = parseConfig(
      nul('system', 'a.b\n1', 'local', 'a.b\n2', 'local', 'c.d', 'command', 'c.d\n3', 'worktree', 'e.f'),
    );
    expect([...ofRepository]).toEqual(['a.b', 'e.f']);
  });
});
