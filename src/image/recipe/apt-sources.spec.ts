import { describe, expect, it } from 'vitest';
import { formatAptSources, parseAptSources, selectDistributionSources } from './apt-sources.js';
import { DISTRIBUTIONS } from './distributions.js';
import type { Distribution } from './distributions.js';

const debian = DISTRIBUTIONS['debian'] as Distribution;
const ubuntu = DISTRIBUTIONS['ubuntu'] as Distribution;

function select(text: string, path = '/etc/apt/sources.list', distribution = debian, codename = 'bookworm') {
  return selectDistributionSources(parseAptSources([{ path, text }]), distribution, codename);
}

describe('parseAptSources', () => {
  it('reads one-line style with options, comments and several components', () => {
    const text = `
# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.example.org/debian bookworm main contrib # note
deb-src http://deb.example.org/debian bookworm main
  deb http://deb.example.org/debian-security/ bookworm-security main
nonsense
`;
    expect(parseAptSources([{ path: '/etc/apt/sources.list', text }])).toEqual([
      {
        uri: 'http://deb.example.org/debian',
        suite: 'bookworm',
        components: ['main', 'contrib'],
        signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
      },
      { uri: 'http://deb.example.org/debian-security/', suite: 'bookworm-security', components: ['main'] },
    ]);
  });

  it('reads deb822 style: several suites and URIs, comments between fields, continuation lines', () => {
    const text = `Types: deb
# http://snapshot.example/archive/debian/20250520T000000Z
URIs: http://deb.example.org/debian
 http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://deb.example.org/debian
Suites: bookworm
Components: main

types: deb
uris: http://off.example/debian
suites: bookworm
components: main
enabled: no
`;
    const parsed = parseAptSources([{ path: '/etc/apt/sources.list.d/debian.sources', text }]);
    expect(parsed.map(({ uri, suite }) => `${uri} ${suite}`)).toEqual([
      'http://deb.example.org/debian bookworm',
      'http://deb.example.org/debian bookworm-updates',
      'http://mirror.example/debian bookworm',
      'http://mirror.example/debian bookworm-updates',
    ]);
  });

  it('takes a key written into the sources for no path', () => {
    const text = `Types: deb
URIs: http://deb.example.org/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEabc
 -----END PGP PUBLIC KEY BLOCK-----
`;
    const [source] = parseAptSources([{ path: 'x.sources', text }]);
    expect(source).not.toHaveProperty('signedBy');
  });
});

describe('selectDistributionSources', () => {
  it('leaves out other suites, and third parties however they name theirs', () => {
    const text = `deb http://deb.example.org/debian bookworm main contrib non-free-firmware
deb http://deb.example.org/debian bookworm-updates main
deb http://deb.example.org/debian bookworm-backports main
deb http://deb.example.org/debian trixie main
deb http://security.example.org/debian-security bookworm-security main
deb [signed-by=/usr/share/keyrings/third-party.gpg] https://apt.third-party.example bookworm main
deb https://apt.releases.example.com bookworm main
deb https://containers.example/linux/debian bookworm stable
deb https://node.example/node_20.x nodistro main
deb http://database.example/pub/repos/apt bookworm-pgdg main
`;
    expect(select(text)).toEqual([
      { uri: 'http://deb.example.org/debian', suite: 'bookworm', components: ['main'] },
      { uri: 'http://deb.example.org/debian', suite: 'bookworm-updates', components: ['main'] },
      {
        uri: 'http://security.example.org/debian-security',
        suite: 'bookworm-security',
        components: ['main'],
      },
    ]);
  });

  it('accepts a mirror under any path that is signed with the archive key', () => {
    const text =
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.corp/apt/d12 bookworm main';
    expect(select(text)).toHaveLength(1);
  });

  it('names each source once', () => {
    expect(select('deb http://a/debian bookworm main\ndeb http://a/debian/ bookworm main\n')).toHaveLength(1);
  });

  it('knows what Ubuntu calls its archive', () => {
    const text = 'deb http://archive.ubuntu.com/ubuntu/ noble main restricted universe\n';
    expect(select(text, '/etc/apt/sources.list', ubuntu, 'noble')).toEqual([
      { uri: 'http://archive.ubuntu.com/ubuntu/', suite: 'noble', components: ['main', 'universe'] },
    ]);
  });
});

describe('formatAptSources', () => {
  it('writes what parseAptSources reads', () => {
    const sources = [
      { uri: 'http://a/debian', suite: 'bookworm', components: ['main', 'contrib'], signedBy: '/k.gpg' },
      { uri: 'http://a/debian', suite: 'bookworm-updates', components: ['main'] },
    ];
    expect(parseAptSources([{ path: 'sources.list', text: formatAptSources(sources) }])).toEqual(sources);
  });
});
