import { describe, expect, it } from 'vitest';
import { parseChallenge } from './challenge.js';
import { endpointsOf, isRealmAllowed } from './endpoints.js';
import type { IndexEntry } from './manifest.js';
import { chooseEntry, platformNames } from './platform.js';
import { parseReference } from './reference.js';

describe('the servers of an image', () => {
  const of = (name: string, mirrors: Record<string, string[]> = {}, insecure: string[] = []): unknown[] =>
    endpointsOf(parseReference(name), { mirrors, insecure }).map(
      ({ registry, host, repository, scheme, plain }) => [registry, host, repository, scheme, plain],
    );

  it.each([
    ['debian', [DOCKER('library/debian')]],
    ['ghcr.io/a/b', [['ghcr.io', 'ghcr.io', 'a/b', 'https', 'never']]],
    ['localhost:5000/b', [['localhost:5000', 'localhost:5000', 'b', undefined, 'loopback']]],
    ['127.9.9.9/b', [['127.9.9.9', '127.9.9.9', 'b', undefined, 'loopback']]],
    ['[::1]:5000/b', [['[::1]:5000', '[::1]:5000', 'b', undefined, 'loopback']]],
    ['127.0.0.1.example/b', [['127.0.0.1.example', '127.0.0.1.example', 'b', 'https', 'never']]],
    ['localhost.example/b', [['localhost.example', 'localhost.example', 'b', 'https', 'never']]],
  ])('%s', (name, endpoints) => {
    expect(of(name)).toEqual(endpoints);
  });

  it('are mirrors first; insecure is who is named so, with the port', () => {
    expect(of('debian', { 'docker.io': ['https://m.example/p/q', 'http://n.example:5000'] })).toEqual([
      ['m.example', 'm.example', 'p/q/library/debian', 'https', 'never'],
      ['n.example:5000', 'n.example:5000', 'library/debian', 'http', 'anywhere'],
      DOCKER('library/debian'),
    ]);
    expect(of('x.io:5000/b', {}, ['x.io'])).toEqual([['x.io:5000', 'x.io:5000', 'b', 'https', 'never']]);
    expect(of('x.io/b', {}, ['x.io'])).toEqual([['x.io', 'x.io', 'b', undefined, 'anywhere']]);
  });

  it.each([
    ['https://auth.example/token', 'never', true],
    ['http://auth.example/token', 'never', false],
    ['http://127.0.0.1/token', 'never', false],
    ['http://auth.example/token', 'loopback', false],
    ['http://localhost/token', 'loopback', true],
    ['http://auth.example/token', 'anywhere', true],
    ['https://ada@auth.example/token', 'anywhere', false],
    ['ftp://auth.example/token', 'anywhere', false],
  ] as const)('ask for tokens at %s when plain text may be heard %s: %s', (realm, plain, allowed) => {
    const endpoint = { registry: 'x', host: 'x', repository: 'y', plain };
    expect(isRealmAllowed(endpoint, new URL(realm))).toBe(allowed);
  });
});

function DOCKER(repository: string): unknown[] {
  return ['docker.io', 'registry-1.docker.io', repository, 'https', 'never'];
}

describe('a challenge', () => {
  it.each([
    ['Basic realm="x"', { scheme: 'basic' }],
    ['BASIC', { scheme: 'basic' }],
    [
      'Bearer realm="https://a/t?x=1",service="a, b",scope="c"',
      { scheme: 'bearer', realm: 'https://a/t?x=1', service: 'a, b' },
    ],
    ['bearer  service=s, realm=https://a/t', { scheme: 'bearer', realm: 'https://a/t', service: 's' }],
    ['Bearer service="s"', undefined],
    ['Negotiate abc', undefined],
    ['', undefined],
    [`Bearer realm="${'x'.repeat(9000)}"`, undefined],
    [undefined, undefined],
  ])('%j', (header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge);
  });
});

describe('the platform', () => {
  const entry = (os: string, architecture: string, variant = ''): IndexEntry => ({
    digest: `${os}/${architecture}/${variant}`,
    size: 1,
    platform: { os, architecture, variant },
  });

  it('of the guests is chosen, that of the oldest CPU first', () => {
    const entries = [entry('unknown', 'unknown'), entry('linux', 'arm64'), entry('linux', 'amd64', 'v3')];
    expect(chooseEntry(entries)?.digest).toBe('linux/amd64/v3');
    expect(chooseEntry([...entries, entry('linux', 'amd64', 'v2')])?.digest).toBe('linux/amd64/v2');
    expect(chooseEntry([...entries, entry('linux', 'amd64')])?.digest).toBe('linux/amd64/');
    expect(chooseEntry([entry('linux', 'amd64', 'v9'), entry('windows', 'amd64')])).toBeUndefined();
  });

  it('is listed once each, without what is no image, fit for a terminal', () => {
    expect(
      platformNames([
        entry('linux', 'arm64', 'v8'),
        entry('linux', 'arm64', 'v8'),
        entry('unknown', 'unknown'),
        entry('', ''),
        entry('linux', 'a\u001B[2J'),
      ]),
    ).toEqual(['linux/a??2J', 'linux/arm64/v8']);
  });
});
