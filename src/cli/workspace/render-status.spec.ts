import { describe, expect, it } from 'vitest';
import type { WorkspaceStatusView } from '../../contract/workspace.dto.js';
import { styleFor } from '../render/style.js';
import { renderStatus } from './render-status.js';

const style = styleFor({ isTty: false, noColor: true, env: {} });
const STATUS = {
  vm: 'web',
  workspace: {
    hostPath: '/home/ada/shop',
    guestPath: '/root/shop',
    workingDirectory: '/root/shop',
    mode: 'shallow' as const,
    head: 'a'.repeat(40),
    branch: 'main',
  },
  branch: 'main',
  commitsAhead: 0,
  files: [],
  truncated: false,
  host: { head: 'a'.repeat(40), branch: 'main', commitsSince: 0, commitsGone: 0, uncommittedFiles: 0 },
} satisfies WorkspaceStatusView;

describe('the status of a workspace', () => {
  it('is short where nothing happened', () => {
    expect(renderStatus(STATUS, style)).toBe(
      [
        'vm:         web',
        'workspace:  /home/ada/shop in /root/shop',
        'base:       aaaaaaaaaaaa main',
        'branch:     main',
        'commits:    none',
        'host:       main, as it was',
        '',
      ].join('\n'),
    );
  });

  it('tells all of both sides, and nothing in a name does anything', () => {
    const { branch: _branch, ...detached } = STATUS;
    const exports = [{ branch: 'banger/web', commit: 'c'.repeat(40), at: '2026-01-01T00:00:00.000Z' }];
    const shown = renderStatus(
      {
        ...detached,
        workspace: { ...STATUS.workspace, exports },
        head: 'b'.repeat(40),
        commitsAhead: 2,
        files: [
          { path: 'a', change: 'modified', uncommitted: false },
          { path: '\u001b[2J\nx', change: 'added', uncommitted: true },
        ],
        truncated: true,
        host: { head: 'd'.repeat(40), commitsSince: 1, commitsGone: 2, uncommittedFiles: 3 },
      },
      style,
    );
    expect(shown.split('\n').slice(3)).toEqual([
      'branch:     none, HEAD is at bbbbbbbbbbbb',
      'commits:    2 that the base does not have',
      'host:       HEAD at dddddddddddd, 1 commit since, 2 commits of the base not in it, 3 files not committed',
      'exported:   cccccccccccc banger/web',
      '',
      'committed:',
      '  M a',
      '',
      'not committed:',
      String.raw`  A \x1b[2J\nx`,
      '',
      'there are more files than are listed',
      '',
    ]);
    const gone = renderStatus({ ...STATUS, host: { problem: 'it is gone' } }, style);
    expect(gone).toContain('host:       it is gone\n');
  });
});
