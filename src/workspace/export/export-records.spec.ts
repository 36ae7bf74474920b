import { describe, expect, it } from 'vitest';
import type { WorkspaceExportRecord } from '../../contract/index.js';
import { withoutSuperseded, withRecord } from './export-records.js';

const record = (commit: string, branch = 'banger/web', repository?: string): WorkspaceExportRecord => ({
  ...(repository !== undefined && { repository }),
  branch,
  commit,
  at: '2026-01-01T00:00:00.000Z',
});

describe('the record of exports', () => {
  it('has the intent beside what was there, so that either is banger’s own', () => {
    expect(withRecord([record('a')], record('b'))).toEqual([record('b'), record('a')]);
  });

  it('has the same only once', () => {
    const records = withRecord([record('b'), record('a')], record('a'));
    expect(records).toEqual([record('a'), record('b')]);
  });

  it('forgets where the branch was once it has moved on, and nothing of other branches', () => {
    const records = [record('b'), record('a'), record('a', 'other')];
    const left = withoutSuperseded(records, 'a');
    expect(left).toEqual([record('b'), record('a', 'other')]);
  });

  // A branch that was brought on in one repository was no longer banger's in another that still had it as it was.
  it('forgets nothing of a branch of the same name in another repository', () => {
    const there = record('a', 'banger/web', '/there');
    const records = withRecord([there], record('a'));
    expect(records).toEqual([record('a'), there]);
    expect(withoutSuperseded(withRecord(records, record('b')), 'a')).toEqual([record('b'), there]);
  });

  it('is bounded', () => {
    const many = Array.from({ length: 100 }, (_, n) => record(String(n)));
    expect(withRecord(many, record('new'))).toHaveLength(64);
  });
});
