import { describe, expect, it } from 'vitest';
import { filesRunByTools } from './files-run-by-tools.js';

describe('files that tools run by themselves', () => {
  it('are those of editors, shells, hooks and forges, wherever they lie, and links in their place', () => {
    const theirs = [
      '.envrc',
      'packages/a/.vscode/tasks.json',
      '.vscode',
      '.idea/workspace.xml',
      'shop.code-workspace',
      '.devcontainer/devcontainer.json',
      '.husky/pre-commit',
      '.githooks/post-checkout',
      '.claude/settings.json',
      '.github/workflows/ci.yml',
    ];
    expect(filesRunByTools(theirs)).toEqual(theirs);
  });

  it('are not those that somebody has to start, or that only sound like them', () => {
    const others = [
      'Makefile',
      'package.json',
      'src/vscode/x',
      'docs/.envrc.md',
      'a.husky/x',
      '.github/x.md',
    ];
    expect(filesRunByTools(others)).toEqual([]);
  });
});
