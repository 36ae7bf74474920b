import { expect, it } from 'vitest';
import { nextHop } from './redirects.js';

const from = {
  url: new URL('https://registry.example/v2/x'),
  headers: { authorization: 'Bearer s3cret', range: 'bytes=5-', accept: '*/*' },
};

it('a redirect from https to plain http is not followed', () => {
  expect(() => nextHop(from, 'http://registry.example/x')).toThrow(
    expect.objectContaining({ reason: 'it redirects from https to plain http (registry.example)' }) as Error,
  );
});

it.each([
  ['/y', 'https://registry.example/y', true],
  ['https://registry.example/y?z', 'https://registry.example/y?z', true],
  ['https://registry.example:8443/y', 'https://registry.example:8443/y', false],
  ['https://registry.example.org/y', 'https://registry.example.org/y', false],
  ['//storage.example/y', 'https://storage.example/y', false],
])('a redirect to %s leads to %s, with the secrets: %s', (location, url, secrets) => {
  const hop = nextHop(from, location);
  expect([hop.url.href, 'authorization' in hop.headers]).toEqual([url, secrets]);
  expect(hop.headers).toMatchObject({ range: 'bytes=5-', accept: '*/*' });
});
