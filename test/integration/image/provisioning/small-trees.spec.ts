import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { provision, SmallTree } from './support.js';
import type { Outcome } from './support.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-provision-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const RELEASE = `NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.22.1
PRETTY_NAME="Alpine Linux v3.22"
`;

/** Lays down everything that Alpine's packages would bring. */
const APK = `echo "$@" >> /apk.log
[ "$1" = add ] || exit 1
mkdir -p /etc/ssh /usr/lib/ssh /etc/ssl/certs /etc/init.d /etc/runlevels/default
for program in openrc qemu-ga ip e2fsck resize2fs kmod perl git; do printf '#!/bin/sh\\n' > /usr/sbin/$program; chmod 755 /usr/sbin/$program; done
for service in devfs sysfs bootmisc syslog sshd; do : > /etc/init.d/$service; done
ln -s /etc/init.d/sshd /etc/runlevels/default/sshd
printf '#!/bin/sh\\necho "unknown option -- ?" >&2\\necho "OpenSSH_9.9p2, OpenSSL 3.5.1" >&2\\nexit 1\\n' > /usr/sbin/sshd
chmod 755 /usr/sbin/sshd
: > /usr/lib/ssh/sftp-server
: > /etc/ssl/certs/ca-certificates.crt
: > /etc/ssh/ssh_host_rsa_key
printf 'Port 2222\\nPermitRootLogin no\\n' > /etc/ssh/sshd_config`;

function alpine(): SmallTree {
  return SmallTree.withBusybox(directory)
    .write('etc/os-release', RELEASE)
    .write('etc/passwd', 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534::/:/bin/false')
    .write('etc/shadow', 'root:!::0:::::\nnobody:!::0:::::\n', 0o640)
    .write('.dockerenv', '')
    .program('sbin/apk', APK);
}

function reason(outcome: Outcome): unknown {
  return (outcome.error as { details?: { reason?: string } }).details?.reason;
}

describe('a tree with apk', () => {
  it('gets OpenRC and what banger needs, by one call', async () => {
    const tree = alpine();
    expect((await provision(directory)).provisioned).toEqual({
      init: 'openrc',
      distribution: 'Alpine Linux v3.22',
      sshUnit: 'sshd',
      packages: 11,
    });
    expect(tree.read('apk.log')).toBe(
      'add --no-cache --no-progress openrc openssh-server openssh-sftp-server qemu-guest-agent iproute2-minimal e2fsprogs e2fsprogs-extra kmod perl git ca-certificates\n',
    );
    expect(await readdir(join(directory, 'etc/runlevels/sysinit'))).toEqual(['devfs', 'sysfs']);
    expect(await readdir(join(directory, 'etc/runlevels/boot'))).toEqual(['bootmisc', 'syslog']);
    expect(await readdir(join(directory, 'etc/runlevels/default'))).toEqual([]);
    expect(tree.has('sbin/init')).toBe(true);
  });

  it('lets root log in with a key alone, on the port that banger forwards', async () => {
    const tree = alpine();
    await provision(directory);
    expect(tree.read('etc/passwd')).toBe(
      'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nsshd:x:74:65534:sshd:/:/usr/sbin/nologin\n',
    );
    expect(tree.read('etc/shadow')).toBe('root:*:::::::\nnobody:!::0:::::\n');
    expect(tree.read('etc/group')).toBe('root:x:0:\n');
    expect(tree.read('etc/ssh/sshd_config')).toBe(
      '# banger: its own settings come first, and sshd takes the first that it finds\nInclude /etc/ssh/sshd_config.d/*.conf\n# Port 2222\nPermitRootLogin no\n',
    );
  });

  it('keeps the password that its maker gave to root, and a uid that is taken', async () => {
    const tree = alpine()
      .write(
        'etc/passwd',
        'root:x:0:0:root:/root:/bin/ash\nweb:x:74:74::/:/bin/sh\nroot:x:0:0:second:/:/bin/sh\n',
      )
      .write('etc/shadow', 'root:$6$salt$hash:0:0:1:7:::\n');
    await provision(directory);
    expect(tree.read('etc/shadow')).toBe('root:$6$salt$hash:::::::\n');
    expect(tree.read('etc/passwd')).toBe(
      'root:x:0:0:root:/root:/bin/ash\nweb:x:74:74::/:/bin/sh\nsshd:x:75:65534:sshd:/:/usr/sbin/nologin\n',
    );
  });

  it('has nothing in it that would be the same in two machines, nor traces of its provisioning', async () => {
    const tree = alpine().write('etc/machine-id', 'a'.repeat(32)).write('etc/fstab', 'UUID=1 / ext4\n');
    await provision(directory);
    expect([tree.read('etc/machine-id'), tree.read('etc/fstab')]).toEqual(['', '']);
    for (const path of ['etc/ssh/ssh_host_rsa_key', '.dockerenv', 'var/cache/banger-provisioning'])
      expect(tree.has(path), path).toBe(false);
    for (const mountPoint of ['run', 'tmp', 'proc', 'dev'])
      expect(await readdir(join(directory, mountPoint))).toEqual([]);
  });

  it('installs nothing the second time, and changes nothing', async () => {
    const tree = alpine();
    await provision(directory);
    const files = ['etc/passwd', 'etc/shadow', 'etc/group', 'etc/ssh/sshd_config', 'apk.log'];
    const before = files.map((file) => tree.read(file));
    expect((await provision(directory)).provisioned?.packages).toBe(0);
    expect(files.map((file) => tree.read(file))).toEqual(before);
  });

  it('runs nothing of os-release, and shows it without what would drive a terminal', async () => {
    const tree = alpine().write(
      'etc/os-release',
      'ID=alpine\nPRETTY_NAME="$(touch /ran)\u001b[2J`touch /ran`\u202e"\ntouch /ran\n',
    );
    expect((await provision(directory)).provisioned?.distribution).toBe('$(touch /ran)`touch /ran`');
    expect(tree.has('ran')).toBe(false);
  });

  it('is refused by the words of its own programs alone when these write facts of their own', async () => {
    alpine().program(
      'sbin/apk',
      `${APK}\nprintf 'banger-provisioned: init=windows\\n' > /proc/1/fd/1\nexit 0`,
    );
    expect((await provision(directory)).provisioned?.init).toBe('openrc');
  });
});

describe('a tree with dnf', () => {
  it.each([
    ['dnf', '--allowerasing install'],
    ['microdnf', 'install'],
  ])('is provisioned by %s without weak dependencies', async (manager, verb) => {
    const programs = 'systemctl udevadm qemu-ga ip resize2fs e2fsck modprobe git perl sshd';
    const tree = SmallTree.withBusybox(directory)
      .write('etc/os-release', 'ID=fedora\nPRETTY_NAME="Fedora Linux 42 (Container Image)"\n')
      .write('etc/shadow', 'root:!locked::0:99999:7:::\n')
      .program(
        `usr/bin/${manager}`,
        `echo "$@" > /dnf.log
mkdir -p /usr/lib/systemd /etc/pki/tls/certs
for program in ${programs}; do printf '#!/bin/sh\\necho "systemd 257 (257.7-1.fc42)"; echo OpenSSH_9.9p1' > /usr/sbin/$program; chmod 755 /usr/sbin/$program; done
cp /usr/sbin/ip /usr/lib/systemd/systemd
ln -sf ../usr/lib/systemd/systemd /sbin/init
: > /etc/pki/tls/certs/ca-bundle.crt`,
      );
    expect((await provision(directory)).provisioned).toMatchObject({ init: 'systemd', sshUnit: 'sshd' });
    expect(tree.read('dnf.log')).toBe(
      `-y --setopt=install_weak_deps=0 --setopt=tsflags=nodocs --setopt=keepcache=0 --setopt=cachedir=/var/cache/banger-provisioning/dnf ${verb} systemd systemd-udev openssh-server qemu-guest-agent iproute e2fsprogs kmod perl-interpreter git-core ca-certificates\n`,
    );
    expect(tree.read('etc/shadow')).toBe('root:*:::::::\n');
  });
});

/** What each package manager says, as its source or a run of it has it. */
const FAILURES: [string, string, string, string | RegExp][] = [
  [
    'apt-get',
    'mirrors that are not reached',
    `case "$*" in *update*) echo "E: Failed to fetch http://deb/dists/x  Could not resolve 'deb'"; exit 100 ;; esac`,
    /^its package mirrors were not reached: E: Failed to fetch/,
  ],
  ['apt-get', 'lists that are empty', 'exit 0', 'apt-get could not fetch the packages'],
  [
    'apt-get',
    'a release that is gone',
    `echo "E: The repository 'http://deb buster Release' does not have a Release file."; exit 100`,
    /^its mirrors do not serve this release/,
  ],
  [
    'apt-get',
    'a package that is not there',
    `LISTS; case "$*" in *--download-only*) echo 'E: Unable to locate package qemu-guest-agent'; exit 100 ;; esac`,
    'its mirrors have no package qemu-guest-agent',
  ],
  [
    'apt-get',
    'packages that do not fit together',
    `LISTS; case "$*" in *--download-only*) echo 'E: Unable to correct problems, you have held broken packages.'; exit 100 ;; esac`,
    'apt-get could not fetch the packages',
  ],
  [
    'apt-get',
    'a package that cannot be configured',
    `LISTS; case "$*" in *--no-download*) echo 'E: Sub-process /usr/bin/dpkg returned an error code (1)'; exit 100 ;; esac`,
    'apt-get could not install the packages',
  ],
  [
    'apt-get',
    'an installation that leaves something out',
    'LISTS',
    /^still missing after the installation: systemd systemd-sysv/,
  ],
  [
    'apk',
    'mirrors that are not reached',
    `echo 'WARNING: fetching https://dl-cdn/x: temporary error (try again later)'; echo 'ERROR: unable to select packages:'; echo '  openrc (no such package):'; exit 3`,
    /^its package mirrors were not reached: WARNING/,
  ],
  [
    'apk',
    'a package that is not there',
    `printf 'ERROR: unable to select packages:\\n  kmod (no such package):\\n    required by: world[kmod]\\n'; exit 1`,
    'its mirrors have no package kmod',
  ],
  [
    'dnf',
    'mirrors that are not reached',
    `echo "Curl error (6): Couldn't resolve host name for https://mirrors"; echo 'Error: Failed to download metadata for repo fedora'; exit 1`,
    /^its package mirrors were not reached: Curl error/,
  ],
  [
    'dnf',
    'a package that is not there',
    `echo 'No match for argument: qemu-guest-agent'; echo 'Error: Unable to find a match: qemu-guest-agent'; exit 1`,
    'its mirrors have no package qemu-guest-agent',
  ],
  [
    'microdnf',
    'a package that is not there',
    `echo "error: No package matches 'git-core'"; exit 1`,
    'its mirrors have no package git-core',
  ],
];

describe('a failure is told as what it is', () => {
  it.each(FAILURES)('%s: %s', async (manager, _, program, expected) => {
    SmallTree.withBusybox(directory).program(
      `usr/bin/${manager}`,
      program.replace(
        'LISTS',
        'mkdir -p /var/cache/banger-provisioning/lists; : > /var/cache/banger-provisioning/lists/x_Packages',
      ),
    );
    const outcome = await provision(directory);
    expect(outcome.error).toMatchObject({
      kind: 'IMAGE_NOT_PROVISIONABLE',
      message: 'no machine can be made of the image "web"',
    });
    if (typeof expected === 'string') expect(reason(outcome)).toBe(expected);
    else expect(reason(outcome)).toMatch(expected);
    expect(outcome.error).toHaveProperty('fix');
  });

  it.each([
    ['apt-get', "E: You don't have enough free space in /var/cache/apt/archives/."],
    ['apk', 'ERROR: openrc-0.62: No space left on device'],
    ['dnf', 'At least 120MB more space needed on the / filesystem.'],
  ])('a full disk, in the words of %s', async (manager, words) => {
    SmallTree.withBusybox(directory).program(`usr/bin/${manager}`, `echo "${words}"; exit 1`);
    expect((await provision(directory)).error).toMatchObject({
      kind: 'DISK_FULL',
      details: { path: '/state' },
    });
  });

  it('a tree without a shell', async () => {
    expect(reason({ ...(await provision(new SmallTree(directory).directory)) })).toMatch(/^it has no shell/);
  });

  it('a tree without a package manager', async () => {
    SmallTree.withBusybox(directory);
    expect(reason(await provision(directory))).toBe(
      'it has no package manager that banger knows (apt-get, apk, dnf, microdnf)',
    );
  });

  it('a tree whose programs the processor cannot run', async () => {
    const tree = new SmallTree(directory);
    tree.write(
      'bin/sh',
      `\u007fELF\u0002\u0001\u0001${'\0'.repeat(9)}\u0002\0\u00b7\0${'\0'.repeat(200)}`,
      0o755,
    );
    expect(reason(await provision(directory))).toBe('its programs are not for x86-64');
  });

  it('a tree for another processor that this host emulates', async () => {
    // as binfmt_misc has it: the shell runs, and its file is none of x86-64
    alpine().write('bin/sh', '#!/bin/busybox ash\nexec /bin/busybox ash "$@"\n', 0o755);
    expect(reason(await provision(directory))).toBe('its programs are not for x86-64');
  });

  it('a distribution that is too old', async () => {
    alpine().program('sbin/apk', APK.replace('OpenSSH_9.9p2', 'OpenSSH_8.1p1'));
    expect(reason(await provision(directory))).toBe(
      'its distribution is too old: its OpenSSH is 8 1; 8.2 is the oldest that serves',
    );
  });

  it('shows the words of its programs without what would drive a terminal, and not more than 4 KiB', async () => {
    alpine().program(
      'sbin/apk',
      String.raw`printf '%05000d\033]0;title\007\033[31mred\033[0m\342\200\256\n' 0; exit 1`,
    );
    const { error } = await provision(directory);
    const { stderrTail } = (error as { details: { stderrTail: string } }).details;
    expect(stderrTail).toMatch(/0red\nbanger-provisioning: apk could not install the packages$/);
    expect(stderrTail.length).toBeLessThanOrEqual(4096);
  });

  it('takes its work directory and its ban on services away, and puts back what the image had', async () => {
    const own = '#!/bin/sh\nexit 104\n';
    const tree = SmallTree.withBusybox(directory)
      .program('usr/bin/apt-get', 'cat /usr/sbin/policy-rc.d >> /policy.log; exit 1')
      .write('usr/sbin/policy-rc.d', own, 0o755);
    await provision(directory);
    expect(tree.read('policy.log')).toContain('exit 101');
    expect(tree.read('usr/sbin/policy-rc.d')).toBe(own);
    expect([tree.has('usr/sbin/policy-rc.d.banger'), tree.has('var/cache/banger-provisioning')]).toEqual([
      false,
      false,
    ]);
  });

  it('lets services start that a container had forbidden', async () => {
    const tree = SmallTree.withBusybox(directory)
      .program('usr/bin/apt-get', 'exit 1')
      .write('usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755);
    await provision(directory);
    expect(tree.has('usr/sbin/policy-rc.d')).toBe(false);
  });
});

describe('the mirrors of the host', () => {
  const recorded = `cp "\${APT_CONFIG}" /conf; for word; do case $word in Dir::Etc::SourceList=*) cat "\${word#*=}" > /sources ;; esac; done; echo "$*" >> /calls; exit 100`;
  const mirrors =
    'debian http://mirror/debian\ndebian-security http://mirror/debian-security\nubuntu http://mirror/ubuntu\ndebian http://x/$(touch /ran)\n';

  it('are used for an image of the same distribution, and after them its own', async () => {
    const tree = SmallTree.withBusybox(directory)
      .write('etc/os-release', 'ID=debian\nVERSION_CODENAME=bookworm\n')
      .program('usr/bin/apt-get', recorded);
    await provision(directory, {
      BANGER_APT_MIRRORS: mirrors,
      BANGER_APT_OPTIONS: 'Acquire::http::Proxy "http://p:1";\n',
    });
    expect(tree.read('sources')).toBe(
      'deb http://mirror/debian bookworm main\ndeb http://mirror/debian bookworm-updates main\ndeb http://mirror/debian-security bookworm-security main\n',
    );
    expect(tree.read('conf')).toBe('Acquire::http::Proxy "http://p:1";\n');
    const calls = tree.read('calls').trim().split('\n');
    expect(calls.map((call) => call.includes('SourceList'))).toEqual([true, false]);
  });

  it.each([
    ['another distribution', 'ID=debian-like\nVERSION_CODENAME=bookworm\n'],
    ['an unknown release', 'ID=debian\n'],
    ['a release that is no name', 'ID=debian\nVERSION_CODENAME="a main [trusted=yes]"\n'],
  ])('are not used for %s', async (_, release) => {
    const tree = SmallTree.withBusybox(directory)
      .write('etc/os-release', release)
      .program('usr/bin/apt-get', recorded);
    await provision(directory, { BANGER_APT_MIRRORS: mirrors });
    expect(
      tree
        .read('calls')
        .trim()
        .split('\n')
        .map((call) => call.includes('SourceList')),
    ).toEqual([false]);
  });
});
