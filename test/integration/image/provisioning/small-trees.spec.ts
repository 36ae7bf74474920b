import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alpineTree, APK } from './alpine-tree.js';
import { provision, SmallTree } from './support.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-provision-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('a tree with apk', () => {
  it('gets OpenRC and what banger needs, by one call', async () => {
    const tree = alpineTree(directory);
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
    const tree = alpineTree(directory);
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
    const tree = alpineTree(directory)
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
    const tree = alpineTree(directory)
      .write('etc/machine-id', 'a'.repeat(32))
      .write('etc/fstab', 'UUID=1 / ext4\n');
    await provision(directory);
    expect([tree.read('etc/machine-id'), tree.read('etc/fstab')]).toEqual(['', '']);
    for (const path of ['etc/ssh/ssh_host_rsa_key', '.dockerenv', 'var/cache/banger-provisioning'])
      expect(tree.has(path), path).toBe(false);
    for (const mountPoint of ['run', 'tmp', 'proc', 'dev'])
      expect(await readdir(join(directory, mountPoint))).toEqual([]);
  });

  it('installs nothing the second time, and changes nothing', async () => {
    const tree = alpineTree(directory);
    await provision(directory);
    const files = ['etc/passwd', 'etc/shadow', 'etc/group', 'etc/ssh/sshd_config', 'apk.log'];
    const before = files.map((file) => tree.read(file));
    expect((await provision(directory)).provisioned?.packages).toBe(0);
    expect(files.map((file) => tree.read(file))).toEqual(before);
  });

  it('runs nothing of os-release, and shows it without what would drive a terminal', async () => {
    const tree = alpineTree(directory).write(
      'etc/os-release',
      'ID=alpine\nPRETTY_NAME="$(touch /ran)\u001b[2J`touch /ran`\u202e"\ntouch /ran\n',
    );
    expect((await provision(directory)).provisioned?.distribution).toBe('$(touch /ran)`touch /ran`');
    expect(tree.has('ran')).toBe(false);
  });

  it('is refused by the words of its own programs alone when these write facts of their own', async () => {
    alpineTree(directory).program(
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
