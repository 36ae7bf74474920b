import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinuxBuildHost } from '../../../../src/image/build/build-host.adapter.js';
import { guestArchive } from '../../../../src/image/tree/guest-archive.js';
import { aptMirrors } from '../../../../src/image/provisioning/apt-mirrors.js';
import { provisionedFiles } from '../../../../src/image/provisioning/provisioned-files.js';
import { selectAptOptions } from '../../../../src/image/recipe/apt-options.js';
import {
  formatAptSources,
  parseAptSources,
  selectDistributionSources,
} from '../../../../src/image/recipe/apt-sources.js';
import { DISTRIBUTIONS } from '../../../../src/image/recipe/distributions.js';
import { inTree, isRoot, provision } from './support.js';
import type { Outcome } from './support.js';

const MINUTES = 60_000;
/** what a maker of images could have there; nobody listens at the address */
const OWN_SOURCES = 'deb http://127.0.0.1:9/debian bookworm main\n';
const HOST_FILES = [
  '/etc/passwd',
  '/etc/shadow',
  '/etc/group',
  '/etc/resolv.conf',
  '/etc/machine-id',
  '/proc/self/mounts',
];

let directory: string;
let tree: string;
let archive: string;
let env: Record<string, string>;
let outcome: Outcome;
let host: { before: string[]; after: string[] };

function hostState(): string[] {
  const files = HOST_FILES.map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : ''));
  return [
    ...files,
    String(existsSync('/usr/sbin/policy-rc.d')),
    execFileSync('hostname', { encoding: 'utf8' }),
  ];
}

async function makeBase(): Promise<void> {
  const buildHost = new LinuxBuildHost();
  const codename = await buildHost.codename();
  const distribution = ['debian', 'ubuntu'].find((id) =>
    readFileSync('/etc/os-release', 'utf8').includes(`\nID=${id}\n`),
  );
  const known = DISTRIBUTIONS[distribution ?? ''];
  if (known === undefined) throw new Error('these tests need a host that runs Debian or Ubuntu');
  const sources = selectDistributionSources(parseAptSources(await buildHost.aptSources()), known, codename);
  const dump = execFileSync('apt-config', ['dump'], { encoding: 'utf8' });
  env = { BANGER_APT_MIRRORS: aptMirrors(known.id, sources), BANGER_APT_OPTIONS: selectAptOptions(dump) };
  execFileSync('mmdebstrap', ['--quiet', '--variant=minbase', codename, archive, '-'], {
    input: formatAptSources(sources),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
}

function digest(path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(tree, path)))
    .digest('hex');
}

// A tree with a distribution's owners, outside of a user namespace, takes root.
describe.skipIf(!isRoot)('a minimal Debian, provisioned as root', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bgr-provision-debian-'));
    execFileSync('chmod', ['711', directory]);
    archive = join(directory, 'base.tar');
    tree = join(directory, 'tree');
    await makeBase();
    await mkdir(tree);
    execFileSync('tar', ['-C', tree, '--exclude=./dev/*', '--numeric-owner', '-xpf', archive]);
    execFileSync('sh', ['-c', 'printf %s "$1" > "$2/etc/apt/sources.list"', 'sh', OWN_SOURCES, tree]);
    const before = hostState();
    outcome = await provision(tree, env);
    host = { before, after: hostState() };
  }, 6 * MINUTES);
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(directory);
  });

  it('says what it has become', () => {
    expect(outcome.error).toBeUndefined();
    expect(outcome.provisioned).toMatchObject({ init: 'systemd', sshUnit: 'ssh' });
    expect(outcome.provisioned?.packages).toBeGreaterThan(8);
    expect(outcome.provisioned?.distribution).toMatch(/^(Debian GNU\/Linux|Ubuntu) \d/);
  });

  it('has every program that banger uses, and an init', () => {
    for (const name of [
      'sshd',
      'qemu-ga',
      'systemctl',
      'udevadm',
      'ip',
      'tar',
      'resize2fs',
      'e2fsck',
      'modprobe',
      'perl',
      'git',
      'ps',
    ])
      expect(inTree(tree, `command -v ${name}`).status, name).toBe(0);
    expect(inTree(tree, 'readlink -f /sbin/init').stdout).toMatch(/\/systemd\/systemd\n$/);
  });

  it('was made with the mirrors of the host, and keeps its own', () => {
    expect(readFileSync(join(tree, 'etc/apt/sources.list'), 'utf8')).toBe(OWN_SOURCES);
    expect(outcome.lines.join('\n')).not.toContain('127.0.0.1:9');
  });

  it('has no traces of its provisioning', async () => {
    for (const path of [
      'usr/sbin/policy-rc.d',
      'var/cache/banger-provisioning',
      'var/log/dpkg.log',
      'var/log/alternatives.log',
    ])
      expect(existsSync(join(tree, path)), path).toBe(false);
    expect((await readdir(join(tree, 'var/lib/apt/lists'))).toSorted()).toEqual(['lock', 'partial']);
    expect((await readdir(join(tree, 'var/cache/apt'))).filter((name) => name !== 'archives')).toEqual([]);
    for (const mountPoint of ['run', 'tmp', 'proc', 'dev'])
      expect(await readdir(join(tree, mountPoint)), mountPoint).not.toContain('null');
    expect(inTree(tree, 'dpkg --audit').stdout).toBe('');
  });

  it('has nothing in it that would be the same in two machines', async () => {
    expect(readFileSync(join(tree, 'etc/machine-id'), 'utf8')).toBe('');
    expect((await readdir(join(tree, 'etc/ssh'))).filter((name) => name.startsWith('ssh_host_'))).toEqual([]);
    expect(readFileSync(join(tree, 'etc/shadow'), 'utf8')).toMatch(/^root:\*:::::::\n/);
  });

  it('changed nothing of the host', () => {
    expect(host.after).toEqual(host.before);
  });

  it('is left as it is by a second run', async () => {
    const files = ['etc/passwd', 'etc/shadow', 'etc/group', 'etc/ssh/sshd_config', 'var/lib/dpkg/status'];
    const before = files.map(digest);
    expect((await provision(tree)).provisioned?.packages).toBe(0);
    expect(files.map(digest)).toEqual(before);
  });

  it("has an sshd that takes banger's settings and the image's environment", async () => {
    const environment = { PATH: '/opt/bin:/usr/bin:/bin', GREETING: "it's # here" };
    const files = provisionedFiles(
      { init: 'systemd', sshUnit: 'ssh' },
      { diskBytes: 1024, workBytes: 512, environment },
    );
    const input = await guestArchive(files);
    execFileSync('chroot', [tree, 'tar', '-xpf', '-', '--numeric-owner'], { input });
    const { stdout, stderr } = inTree(
      tree,
      `mkdir /run/sshd && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && sshd -T; rm /etc/ssh/ssh_host_*`,
    );
    expect(stderr).toBe('');
    const settings = stdout.split('\n');
    for (const line of [
      'usepam no',
      'passwordauthentication no',
      'port 22',
      'setenv PATH=/opt/bin:/usr/bin:/bin',
      "setenv GREETING=it's # here",
    ])
      expect(settings).toContain(line);
  });

  it('has units that systemd takes', () => {
    const units = 'ssh.service qemu-guest-agent.service banger-guest.service banger-fstab.service';
    const verify = (directory: string) =>
      inTree(tree, `cd ${directory} && systemd-analyze verify --man=no --generators=no ${units}`).stderr;
    const ours = (text: string) =>
      text.split('\n').filter((line) => /banger|ssh\.service|guest-agent/.test(line));
    expect(ours(verify('/etc/systemd/system'))).toEqual([]);
    // and it would have said so
    inTree(tree, 'sed -i s/^Type=notify/Type=notified/ /etc/systemd/system/ssh.service');
    expect(ours(verify('/etc/systemd/system')).join('\n')).toMatch(/ssh\.service:\d+: .*notified/);
  });
});
