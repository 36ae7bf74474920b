import { describe, expect, it } from 'vitest';
import { guestFiles } from '../guest/guest-files.js';
import { DISTRIBUTIONS } from './distributions.js';
import type { Distribution } from './distributions.js';
import { packagesDigest, recipeDigest } from './recipe.js';
import type { PackagesRecipe } from './recipe.js';

const base: PackagesRecipe = {
  distribution: DISTRIBUTIONS['debian'] as Distribution,
  codename: 'bookworm',
  sources: [{ uri: 'http://a/debian', suite: 'bookworm', components: ['main'] }],
  packages: ['git', 'curl'],
  scripts: ['true'],
  releases: ['Date: today'],
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
    ['what the mirror has', { releases: ['Date: tomorrow'] }],
  ])('changes with %s', (_, change) => {
    expect(packagesDigest({ ...base, ...change })).not.toBe(packagesDigest(base));
  });
});

describe('recipeDigest', () => {
  const inputs = {
    packages: 'p',
    guestFiles: guestFiles({ diskBytes: 1024 ** 3 }),
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
