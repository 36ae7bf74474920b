import { Injectable } from '@nestjs/common';
import { ProcessRunner } from '../../core/process/index.js';
import { GUEST_SCRIPT_PATH, guestScript } from '../guest/guest-script.js';
import { initScript, moduleName, orderModules } from '../guest/initramfs.js';
import { ImageFiles } from '../store/image-files.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import type { BuildSite } from '../build/build-plan.js';
import { checkVmlinux, KernelImageError, kernelPayload } from './kernel-image.js';

const TIMEOUT_MS = 5 * 60_000;
/** an uncompressed kernel has 50 to 80 MiB */
const MAX_KERNEL_BYTES = 256 * 1024 ** 2;
const MODULES = 'usr/lib/modules';
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

/** Kernel and initramfs out of the archive of packages. */
@Injectable()
export class KernelStep {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
  ) {}

  /** Writes `vmlinux` and `initrd`; returns the kernel's release: `6.1.0-56-cloud-amd64`. */
  async run(archive: string, site: BuildSite): Promise<string> {
    const tree = `${site.directory}/kernel`;
    await this.files.makeDirectory(tree);
    const args = [
      '-C',
      tree,
      '--no-same-owner',
      '-xf',
      archive,
      './boot',
      `./${MODULES}`,
      './usr/bin/busybox',
    ];
    await this.processes.run({ file: 'tar', args, signal: site.signal, timeoutMs: TIMEOUT_MS });
    const [release] = await this.files.list(`${tree}/${MODULES}`);
    if (release === undefined) throw new KernelImageError('its package has no modules');
    await this.#writeKernel(`${tree}/boot/vmlinuz-${release}`, site);
    await this.#writeInitramfs(tree, release, site);
    await this.files.remove(tree);
    return release;
  }

  async #writeKernel(path: string, site: BuildSite): Promise<void> {
    const payload = kernelPayload(await this.files.read(path));
    const vmlinux = await this.#unpack(payload.program, payload.data, site);
    checkVmlinux(vmlinux);
    await this.files.write(`${site.directory}/${IMAGE_FILES.kernel}`, vmlinux);
  }

  async #writeInitramfs(tree: string, release: string, site: BuildSite): Promise<void> {
    const root = `${site.directory}/initramfs`;
    const modules = `${tree}/${MODULES}/${release}`;
    const order = orderModules((await this.files.read(`${modules}/modules.dep`)).toString('utf8'));
    for (const path of order) {
      const packed = await this.files.read(`${modules}/${path}`);
      const program = { xz: 'xz', zst: 'zstd', gz: 'gzip' }[path.split('.').at(-1) ?? ''];
      const module = program === undefined ? packed : await this.#unpack(program, packed, site);
      await this.files.write(`${root}/modules/${moduleName(path)}.ko`, module);
    }
    await this.files.write(`${root}/init`, initScript(order.map((path) => `${moduleName(path)}.ko`)), 0o755);
    await this.files.write(`${root}/${GUEST_SCRIPT_PATH}`, guestScript(), 0o755);
    await this.files.write(`${root}/bin/busybox`, await this.files.read(`${tree}/usr/bin/busybox`), 0o755);
    for (const applet of APPLETS) await this.files.symlink('busybox', `${root}/bin/${applet}`);
    for (const name of ['dev', 'proc', 'root', 'sys']) await this.files.makeDirectory(`${root}/${name}`);
    await this.#pack(root, site);
    await this.files.remove(root);
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
      maxOutputBytes: MAX_KERNEL_BYTES,
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    return stdout;
  }
}
