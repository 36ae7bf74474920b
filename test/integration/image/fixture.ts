import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildHost } from '../../../src/image/build/build-host.js';
import { LinuxBuildHost } from '../../../src/image/build/build-host.adapter.js';
import type { SourcesFile } from '../../../src/image/recipe/apt-sources.js';

const RELEASE = '6.1.0-test';
/** nothing of a real kernel but its first bytes and its notes: nobody boots it */
const VMLINUX = Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.alloc(50_000, 'kernel')]);

export type MirrorMode = 'works' | 'fails' | 'no-space' | 'hangs';

/**
 * A distribution without a network: a mirror on disk whose only index is its date, and a `mmdebstrap` that hands out a
 * prepared archive of packages. Everything after that, from lz4 to mke2fs, is the real thing.
 */
export class PackageFixture extends BuildHost {
  readonly #real = new LinuxBuildHost();
  /** programs that this host is said not to have */
  missing: readonly string[] = [];
  sources = true;

  private constructor(readonly directory: string) {
    super();
  }

  static async make(): Promise<PackageFixture> {
    const fixture = new PackageFixture(await mkdtemp(join(tmpdir(), 'bgr-packages-')));
    await fixture.#makePackages();
    await fixture.#makeProgram();
    await fixture.publish('Monday');
    await fixture.setMode('works');
    process.env['PATH'] = `${fixture.directory}/bin:${process.env['PATH'] ?? ''}`;
    return fixture;
  }

  async remove(): Promise<void> {
    process.env['PATH'] = (process.env['PATH'] ?? '').replace(`${this.directory}/bin:`, '');
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The mirror has something new. */
  async publish(date: string): Promise<void> {
    const place = join(this.directory, 'debian/dists/bookworm');
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'InRelease'), `Date: ${date}\n`);
  }

  async setMode(mode: MirrorMode): Promise<void> {
    await writeFile(join(this.directory, 'mode'), `${mode}\n`);
  }

  /** how often packages were installed so far */
  async installations(): Promise<number> {
    const calls = await readFile(join(this.directory, 'calls'), 'utf8').catch(() => '');
    return calls.split('\n').length - 1;
  }

  override codename(): Promise<string> {
    return Promise.resolve('bookworm');
  }

  override aptSources(): Promise<SourcesFile[]> {
    const text = this.sources ? `deb file://${this.directory}/debian bookworm main\n` : '';
    return Promise.resolve([{ path: '/etc/apt/sources.list', text }]);
  }

  override async findProgram(name: string): Promise<string | undefined> {
    return this.missing.includes(name) ? undefined : this.#real.findProgram(name);
  }

  async #makePackages(): Promise<void> {
    const tree = join(this.directory, 'tree');
    const modules = join(tree, 'usr/lib/modules', RELEASE);
    for (const path of ['boot', 'etc/ssh', 'root', 'usr/bin', 'usr/sbin', 'dev'])
      await mkdir(join(tree, path), { recursive: true });
    await mkdir(join(modules, 'kernel/drivers/virtio'), { recursive: true });
    await writeFile(join(tree, 'boot', `vmlinuz-${RELEASE}`), bzImage());
    await writeFile(join(modules, 'modules.dep'), MODULES_DEP);
    await writeFile(join(modules, 'kernel/drivers/virtio/virtio.ko'), 'virtio');
    await writeFile(join(modules, 'kernel/drivers/virtio/virtio_blk.ko'), 'virtio_blk');
    await copyFile('/usr/bin/busybox', join(tree, 'usr/bin/busybox'));
    await symlink('usr/sbin', join(tree, 'sbin'));
    await symlink('usr/bin', join(tree, 'bin'));
    for (const applet of APPLETS) await symlink('busybox', join(tree, 'usr/bin', applet));
    await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    for (const [name, script] of Object.entries(ADMINISTRATION))
      await writeFile(join(tree, 'usr/sbin', name), script, { mode: 0o755 });
    await writeFile(join(tree, 'usr/bin/sudo'), '#!/bin/sh\n', { mode: 0o755 });
    await chmod(join(tree, 'usr/bin/sudo'), 0o4755);
    const archive = join(this.directory, 'packages.tar');
    execFileSync('tar', ['--owner=0', '--group=0', '-C', tree, '-cf', archive, '.']);
  }

  async #makeProgram(): Promise<void> {
    await mkdir(join(this.directory, 'bin'), { recursive: true });
    const program = join(this.directory, 'bin/mmdebstrap');
    await appendFile(program, FAKE_MMDEBSTRAP.replaceAll('@HERE@', this.directory));
    await chmod(program, 0o755);
  }
}

/** What a recipe's steps are taken with. */
const APPLETS = 'cat chmod chown env grep id ln ls mkdir mv printf rm sh sleep stat su tar touch'.split(' ');

const ADMINISTRATION = {
  useradd: `#!/bin/sh
set -e
for user; do :; done
echo "$user:x:1000:1000::/home/$user:/bin/sh" >> /etc/passwd
mkdir -p "/home/$user"
chown 1000:1000 "/home/$user"
`,
  systemctl: `#!/bin/sh
set -e
for unit; do :; done
[ "$unit" != nothing ] || { echo "Failed to enable unit: Unit file nothing.service does not exist." >&2; exit 1; }
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s "/lib/systemd/system/$unit.service" "/etc/systemd/system/multi-user.target.wants/$unit.service"
`,
} as const;

const MODULES_DEP = `kernel/drivers/virtio/virtio_blk.ko: kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio.ko:
`;

const FAKE_MMDEBSTRAP = `#!/bin/sh
echo call >> '@HERE@/calls'
for word in "$@"; do previous=$target; target=$last; last=$word; done
read -r mode < '@HERE@/mode'
echo 'Unpacking git (1:2.39) ...' >&2
case $mode in
  fails) echo "E: Unable to locate package git" >&2; echo "E: setup failed" >&2; exit 1 ;;
  no-space) : > "$target"; echo "tar: git: Cannot write: No space left on device" >&2; exit 2 ;;
  hangs) : > "$target"; exec sleep 600 ;;
esac
cp '@HERE@/packages.tar' "$target"
echo 'I: success' >&2
`;

function bzImage(): Buffer {
  const payload = Buffer.concat([
    execFileSync('lz4', ['-l', '-c', '-q'], { input: VMLINUX }),
    Buffer.alloc(4),
  ]);
  const header = Buffer.alloc(1024);
  header.writeUInt8(1, 0x1f1);
  header.write('HdrS', 0x202, 'latin1');
  header.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([header, payload, Buffer.alloc(512)]);
}

export const FIXTURE = { release: RELEASE, vmlinux: VMLINUX } as const;
