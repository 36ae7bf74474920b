import { Injectable } from '@nestjs/common';
import { ProcessRunner } from '../../core/process/index.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import type { BuildSite } from '../build/build-plan.js';
import { GUEST_SCRIPT_PATH, guestScript } from '../guest/guest-script.js';
import { initScript, moduleName, orderModules } from '../guest/initramfs.js';
import { ImageFiles } from '../store/image-files.js';
import { KERNEL_FILES } from './kernel-unpacker.js';
import type { UnpackedKernel } from './kernel-unpacker.js';

const TIMEOUT_MS = 5 * 60_000;
const MAX_MODULE_BYTES = 64 * 1024 ** 2;
const MODULES = 'tree/usr/lib/modules';
const UNPACKERS: Readonly<Record<string, string>> = { xz: 'xz', zst: 'zstd', gz: 'gzip' };
const APPLETS = [
  'chroot',
  'insmod',
  'ip',
  'mkdir',
  'mount',
  'poweroff',
  'sh',
  'sleep',
  'switch_root',
  'tar',
  'umount',
];

/** What the kernel starts first: its drivers, a shell, and banger's part of the way to the guest's own init. */
@Injectable()
export class InitramfsMaker {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
  ) {}

  /** Writes `vmlinux` and `initrd` to the site. */
  async make({ release, directory }: UnpackedKernel, site: BuildSite): Promise<void> {
    const root = `${site.directory}/initramfs`;
    const modules = `${directory}/${MODULES}/${release}`;
    const order = orderModules((await this.files.read(`${modules}/modules.dep`)).toString('utf8'));
    for (const path of order) {
      const packed = await this.files.read(`${modules}/${path}`);
      const program = UNPACKERS[path.split('.').at(-1) ?? ''];
      const module = program === undefined ? packed : await this.#unpack(program, packed, site);
      await this.files.write(`${root}/modules/${moduleName(path)}.ko`, module);
    }
    await this.files.write(`${root}/init`, initScript(order.map((path) => `${moduleName(path)}.ko`)), 0o755);
    await this.files.write(`${root}/${GUEST_SCRIPT_PATH}`, guestScript(), 0o755);
    const busybox = await this.files.read(`${directory}/${KERNEL_FILES.busybox}`);
    await this.files.write(`${root}/bin/busybox`, busybox, 0o755);
    for (const applet of APPLETS) await this.files.symlink('busybox', `${root}/bin/${applet}`);
    for (const name of ['dev', 'proc', 'root', 'sys']) await this.files.makeDirectory(`${root}/${name}`);
    await this.#pack(root, site);
    await this.files.remove(root);
    await this.files.link(`${directory}/${KERNEL_FILES.kernel}`, `${site.directory}/${IMAGE_FILES.kernel}`);
  }

  /** Uncompressed: the kernel starts no sooner with a smaller one. Everything is root's, whoever builds. */
  async #pack(root: string, site: BuildSite): Promise<void> {
    const { stdout } = await this.processes.run({
      file: 'cpio',
      args: ['--quiet', '--create', '--format=newc', '--reproducible', '-R', '0:0'],
      cwd: root,
      stdin: ['.', ...(await this.files.walk(root))].map((name) => `${name}\n`).join(''),
      signal: site.signal,
      timeoutMs: TIMEOUT_MS,
    });
    await this.files.write(`${site.directory}/${IMAGE_FILES.initrd}`, stdout);
  }

  async #unpack(program: string, packed: Buffer, { signal }: BuildSite): Promise<Buffer> {
    const { stdout } = await this.processes.run({
      file: program,
      args: ['-dc'],
      stdin: packed,
      maxOutputBytes: MAX_MODULE_BYTES,
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    return stdout;
  }
}
