import { describe, expect, it } from 'vitest';
import { guestFiles } from '../guest/guest-files.js';
import { DISTRIBUTIONS } from './distributions.js';
import type { Distribution } from './distributions.js';
import { indexDigest, packagesDigest, recipeDigest } from './recipe.js';
import type { PackagesRecipe } from './recipe.js';

const base: PackagesRecipe = {
  distribution: DISTRIBUTIONS['debian'] as Distribution,
  codename: 'bookworm',
  sources: [{ uri: 'http://a/debian', suite: 'bookworm', components: ['main'] }],
  packages: ['git', 'curl'],
  scripts: ['true'],
  releases: ['today'],
};

describe('packagesDigest', () => {
  it('does not depend on the order of the packages', () => {
    expect(packagesDigest({ ...base, packages: ['curl', 'git'] })).toBe(packagesDigest(base));
  });

  it.each<[string, Partial<PackagesRecipe>]>([
    ['a package', { packages: ['git'] }],
    ['the suite', { codename: 'trixie' }],
    ['a mirror', { sources: [{ uri: 'http://b/debian', suite: 'bookworm', components: ['main'] }] }],
    ['a script', { scripts: ['false'] }],
    ['what the mirror has', { releases: ['tomorrow'] }],
  ])('changes with %s', (_, change) => {
    expect(packagesDigest({ ...base, ...change })).not.toBe(packagesDigest(base));
  });
});

describe('recipeDigest', () => {
  const inputs = {
    packages: 'p',
    guestFiles: guestFiles({ diskBytes: 1024 ** 3, workBytes: 4096 }),
    initramfs: ['init'],
    diskBytes: 1024 ** 3,
    bootArguments: ['quiet'],
  };

  it('is stable, and changes with a guest file, the initramfs or the kernel arguments', () => {
    const first = recipeDigest(inputs);
    expect(recipeDigest({ ...inputs })).toBe(first);
    expect(recipeDigest({ ...inputs, guestFiles: inputs.guestFiles.slice(1) })).not.toBe(first);
    expect(recipeDigest({ ...inputs, initramfs: ['other'] })).not.toBe(first);
    expect(recipeDigest({ ...inputs, bootArguments: [] })).not.toBe(first);
  });
});

describe('indexDigest', () => {
  const release = (date: string, sum: string): string =>
    [
      `Date: ${date}`,
      'MD5Sum:',
      ' 00 1 x',
      'SHA256:',
      ` ${sum} 12 main/binary-amd64/Packages`,
      ' signature',
    ].join('\n');

  it('tells other packages, but not another date or signature of the same', () => {
    const sum = 'a'.repeat(64);
    expect(indexDigest(release('tomorrow', sum))).toBe(indexDigest(release('today', sum)));
    expect(indexDigest(release('today', 'b'.repeat(64)))).not.toBe(indexDigest(release('today', sum)));
  });

  it('takes a file without such lines as a whole', () => {
    expect(indexDigest('one')).not.toBe(indexDigest('two'));
  });
});
