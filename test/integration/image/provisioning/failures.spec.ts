import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alpineTree, APK } from './alpine-tree.js';
import { provision, SmallTree } from './support.js';
import type { Outcome } from './support.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-provision-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function reason(outcome: Outcome): unknown {
  return (outcome.error as { details?: { reason?: string } }).details?.reason;
}

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
    alpineTree(directory).write('bin/sh', '#!/bin/busybox ash\nexec /bin/busybox ash "$@"\n', 0o755);
    expect(reason(await provision(directory))).toBe('its programs are not for x86-64');
  });

  it('a distribution that is too old', async () => {
    alpineTree(directory).program('sbin/apk', APK.replace('OpenSSH_9.9p2', 'OpenSSH_8.1p1'));
    expect(reason(await provision(directory))).toBe(
      'its distribution is too old: its OpenSSH is 8 1; 8.2 is the oldest that serves',
    );
  });

  it('shows the words of its programs without what would drive a terminal, and not more than 4 KiB', async () => {
    alpineTree(directory).program(
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
