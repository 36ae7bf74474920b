import { expect, it } from 'vitest';
import { aptMirrors } from './apt-mirrors.js';

const source = (uri: string, suite: string) => ({ uri, suite, components: ['main'] });

it('names each mirror of the host once, by the archive that it has', () => {
  const sources = [
    source('http://a/debian', 'bookworm'),
    source('http://a/debian', 'bookworm-updates'),
    source('http://a/debian-security', 'bookworm-security'),
  ];
  expect(aptMirrors('debian', sources)).toBe(
    'debian http://a/debian\ndebian-security http://a/debian-security\n',
  );
  expect(
    aptMirrors('ubuntu', [source('http://a/ubuntu', 'noble'), source('http://a/ubuntu', 'noble-security')]),
  ).toBe('ubuntu http://a/ubuntu\n');
  expect(aptMirrors('debian', [])).toBe('');
});
