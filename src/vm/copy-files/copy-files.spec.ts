import { describe, expect, it } from 'vitest';
import { packedMembers, packedSource } from '../../contract/copy-archive.js';
import { copyFailure } from './copy-files.errors.js';
import { COPY_EXITS } from './copy-steps.js';
import { guestPath } from './guest-paths.js';

describe('paths in a guest', () => {
  it.each([
    ['', '.'],
    ['~', '/root'],
    ['~/x', '/root/x'],
    ['~x', './~x'],
    ['-rf', './-rf'],
    ['/a', '/a'],
  ])('%j is %j', (path, expected) => {
    expect(guestPath(path)).toBe(expected);
  });

  it.each([
    ['a/b/', { directory: 'a', name: 'b' }],
    ['b', { directory: '.', name: 'b' }],
    ['/b//', { directory: '/', name: 'b' }],
    ['a/.', { directory: 'a/.', name: undefined }],
    ['..', { directory: '..', name: undefined }],
    ['/', { directory: '/', name: undefined }],
  ])('%j is packed as %j', (path, expected) => {
    expect(packedSource(path)).toEqual(expected);
  });

  it('no name is an option of tar', () => {
    expect(packedMembers('/work', ['-a', '-d/-b', '/x/y'])).toEqual([
      ...['-C', '/work', '-C', './.', './-a'],
      ...['-C', '/work', '-C', './-d', './-b'],
      ...['-C', '/work', '-C', '/x', './y'],
    ]);
  });
});

describe('the end of a step', () => {
  const kindOf = (
    exitCode: number | null,
    stderrTail = '',
    task: 'pack' | 'unpack' = 'unpack',
  ): string | undefined =>
    copyFailure({ exitCode, signal: null }, { vm: 'web', task, path: '/x', stderrTail })?.kind;

  it('says what it means', () => {
    expect(kindOf(0)).toBeUndefined();
    expect([kindOf(1, '', 'pack'), kindOf(1)]).toEqual([undefined, 'COPY_FAILED']);
    expect(kindOf(COPY_EXITS.sourceMissing, '/y')).toBe('COPY_SOURCE_NOT_FOUND');
    expect(kindOf(COPY_EXITS.targetInvalid)).toBe('COPY_TARGET_INVALID');
    expect(kindOf(COPY_EXITS.targetBusy)).toBe('COPY_TARGET_BUSY');
    expect(kindOf(2, 'tar: x: Cannot write: No space left on device')).toBe('VM_DISK_FULL');
    expect(kindOf(null)).toBe('COPY_FAILED');
  });

  it('does not say that nothing was changed where a part may have been moved', () => {
    const fixOf = (exitCode: number): string | undefined =>
      copyFailure({ exitCode, signal: null }, { vm: 'web', task: 'unpack', path: '/x', stderrTail: '' })?.fix;
    expect(fixOf(2)).toMatch(/was not changed/);
    expect(fixOf(COPY_EXITS.placing)).toMatch(/what was moved before it has taken the place/);
  });
});
