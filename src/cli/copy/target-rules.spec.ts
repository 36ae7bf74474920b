import { describe, expect, it } from 'vitest';
import { decidePlace, refusal } from './target-rules.js';
import type { Found } from './target-rules.js';

const THERE: Readonly<Record<string, Found>> = {
  '.': { is: 'directory', link: false },
  '/': { is: 'directory', link: false },
  dir: { is: 'directory', link: false },
  'dir/': { is: 'directory', link: false },
  'dir/sub': { is: 'directory', link: false },
  'dir/planted': { is: 'directory', link: true },
  file: { is: 'other', link: false },
  'dir/file': { is: 'other', link: false },
  dangling: { is: 'nothing', link: true },
};
const look = (path: string): Found => THERE[path] ?? { is: 'nothing', link: false };

describe('the place of a copy', () => {
  it.each([
    ['file', 'a', 'dir', { into: 'dir' }],
    ['file', 'a', 'new', { into: '.', as: 'new' }],
    ['file', 'a', 'file', { into: '.', as: 'file' }],
    ['file', 'a', '/new', { into: '/', as: 'new' }],
    ['file', 'a', 'dir/new', { into: 'dir', as: 'new' }],
    ['file', 'file', 'dir/', { into: 'dir/' }],
    ['file', 'a', 'new/', { refused: 'it is no directory that is there' }],
    ['file', 'sub', 'dir', { refused: 'dir/sub is a directory there' }],
    ['file', 'a', 'no/new', { refused: 'its directory no is not there' }],
    ['directory', 'a', 'new', { into: '.', as: 'new' }],
    ['directory', 'a', 'new//', { into: '.', as: 'new' }],
    ['directory', 'sub', 'dir', { into: 'dir' }],
    ['directory', 'file', 'dir', { refused: 'dir/file is there, and no directory' }],
    ['directory', 'planted', 'dir', { refused: 'dir/planted is a symbolic link, which is not followed' }],
    ['directory', 'a', 'file', { refused: 'it is there, and no directory' }],
    ['directory', 'a', 'dangling', { refused: 'it is there, and no directory' }],
    ['contents', undefined, 'dir', { into: 'dir' }],
    ['contents', undefined, 'new', { into: '.', as: 'new' }],
    ['several', undefined, 'dir', { into: 'dir' }],
    ['several', undefined, 'new', { refused: 'several things need a directory that is there' }],
  ] as const)('%s %s to %s', (kind, name, path, decision) => {
    expect(decidePlace({ path, kind, name }, look)).toEqual(decision);
  });

  it('lets a file take the place of a link, and nothing go through one', () => {
    expect(refusal(false, { is: 'directory', link: true })).toBeUndefined();
    expect(refusal(true, { is: 'nothing', link: true })).toMatch(/not followed/);
  });
});
