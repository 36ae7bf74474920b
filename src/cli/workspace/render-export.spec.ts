import { describe, expect, it } from 'vitest';
import type { WorkspaceExportView } from '../../contract/workspace.dto.js';
import { exportHints, renderExport } from './render-export.js';

const VIEW = {
  vm: 'web',
  repository: "/home/ada/it's",
  outcome: 'created',
  branch: 'banger/web',
  commit: 'a'.repeat(40),
  tree: 'b'.repeat(40),
  commits: 3,
  uncommitted: true,
  warnings: [],
} satisfies WorkspaceExportView;

describe('what an export came to', () => {
  it('is a branch, and what to type next', () => {
    expect(renderExport(VIEW)).toBe('banger/web: 3 commits, the last is what was not committed\n');
    expect(renderExport({ ...VIEW, commits: 1, outcome: 'updated' })).toBe(
      'banger/web: 1 commit, what was not committed, updated\n',
    );
    expect(exportHints(VIEW, "/home/ada/it's/src")).toEqual([
      'look at it: git log HEAD..banger/web',
      'take it: git merge banger/web',
    ]);
    expect(exportHints(VIEW, '/')[0]).toBe(
      String.raw`look at it: git -C '/home/ada/it'\''s' log HEAD..banger/web`,
    );
  });

  it('is a merge', () => {
    const merged = { into: 'main', commit: 'c'.repeat(40), kind: 'fast-forward' as const };
    expect(renderExport({ ...VIEW, uncommitted: false, outcome: 'unchanged', merged })).toBe(
      'banger/web: 3 commits, unchanged\nmain: fast-forward to cccccccccccc\n',
    );
    expect(exportHints({ ...VIEW, merged }, '/')).toEqual([]);
  });

  it('is nothing where there is no work', () => {
    const nothing: WorkspaceExportView = { ...VIEW, outcome: 'nothing', commits: 0 };
    expect(renderExport(nothing)).toBe('');
    expect(exportHints(nothing, '/')).toEqual(['web has no work that the host does not have']);
  });
});
