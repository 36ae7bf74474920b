import { expect, it } from 'vitest';
import { catalogReference, catalogSource } from './catalog-sources.js';

const KEY = 'KEY';

it('a catalog is named as the configuration has it, or by its place, of which less may be read', () => {
  const configured = [
    { name: 'team', location: 'https://images.example.org/', public_key: KEY },
    { name: 'mine', location: '/srv/images' },
  ];
  const source = (catalog: string, publicKey?: string): unknown =>
    catalogSource({ catalog, forEverybody: true, ...(publicKey !== undefined && { publicKey }) }, configured);
  expect(source('team')).toEqual({ location: 'https://images.example.org/', publicKey: KEY });
  expect(source('team', 'OTHER')).toEqual({ location: 'https://images.example.org/', publicKey: 'OTHER' });
  expect(source('mine')).toEqual({ location: '/srv/images' });
  expect(source('/srv/other')).toEqual({ location: '/srv/other', forEverybody: true });
});

it('an image of a catalog is the same one in its next issue', () => {
  const issue = `https://images.example.org/#sha256=${'a'.repeat(64)}`;
  expect(catalogReference(issue, 'web:1')).toBe('https://images.example.org/#web:1');
  expect(catalogReference('team', 'web')).toBe('team#web');
});
