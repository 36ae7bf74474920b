import { describe, expect, it } from 'vitest';
import type { WorkspaceExportView } from '../../contract/workspace.dto.js';
import { exportHints, renderExport } from './render-export.js';

const VIEW = {
  vm: 'web',
  repository: "/home/ada/it's",
  outcome: 'created' as const,
  branch: 'banger/web',
  commit: 'a'.repeat(40),
  tree: 'b'.repeat(40),
  commits: 3,
  uncommitted: true,
  files: 12,
  warnings: [],
} satisfies WorkspaceExportView;

describe('what an export came to', () => {
  it('is a branch, and what to type next', () => {
    expect(renderExport(VIEW)).toBe('banger/web: 3 commits, the last of what was not committed, 12 files\n');
    expect(renderExport({ ...VIEW, commits: 1, files: 1, outcome: 'updated' })).toBe(
      'banger/web: 1 commit of what was not committed, 1 file, updated\n',
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
      'banger/web: 3 commits, 12 files, unchanged\nmain: fast-forward to cccccccccccc\n',
    );
    expect(exportHints({ ...VIEW, merged }, '/')).toEqual([]);
  });

  it('is nothing where there is no work', () => {
    const nothing: WorkspaceExportView = { ...VIEW, outcome: 'nothing', commits: 0 };
    expect(renderExport(nothing)).toBe('');
    expect(exportHints(nothing, '/')).toEqual(['web has no work that the host does not have']);
  });
});
