import { expect, it } from 'vitest';
import { catalogSource } from './catalog-sources.js';

it('a catalog is named as the configuration has it, or by its place', () => {
  const configured = [
    { name: 'team', location: 'https://images.example.org/', public_key: 'KEY' },
    { name: 'mine', location: '/srv/images' },
  ];
  expect(catalogSource('team', configured)).toEqual({
    location: 'https://images.example.org/',
    publicKey: 'KEY',
  });
  expect(catalogSource('mine', configured)).toEqual({ location: '/srv/images' });
  expect(catalogSource('/srv/other', configured)).toEqual({ location: '/srv/other' });
});
