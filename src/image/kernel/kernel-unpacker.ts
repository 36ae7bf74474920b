import { Injectable } from '@nestjs/common';
import { ProcessRunner } from '../../core/process/index.js';
import type { BuildSite } from '../build/build-plan.js';
import { ImageFiles } from '../store/image-files.js';
import { checkVmlinux, KernelImageError, kernelPayload } from './kernel-image.js';

const TIMEOUT_MS = 5 * 60_000;
/** an uncompressed kernel has 50 to 80 MiB */
const MAX_KERNEL_BYTES = 256 * 1024 ** 2;
const MODULES = 'usr/lib/modules';
/** The same modules are to make the same archive. */
const REPRODUCIBLE = [
  '--sort=name',
  '--mtime=@0',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--format=gnu',
];

/** Names of a kernel's files within its directory. */
export const KERNEL_FILES = {
  kernel: 'vmlinux',
  /** `usr/lib/modules/RELEASE/`, with modules.dep */
  modules: 'modules.tar',
  /** statically linked, for the initramfs */
  busybox: 'busybox',
} as const;

/** A kernel with its modules, in a directory of its own. */
export interface UnpackedKernel {
  /** `6.1.0-56-cloud-amd64` */
  readonly release: string;
  /** has {@link KERNEL_FILES}; `tree/usr/lib/modules/RELEASE` too */
  readonly directory: string;
}

/** Kernels in the forms that hypervisors and images take them in. */
@Injectable()
export class KernelUnpacker {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
  ) {}

  /** Of an archive of packages, below the site. */
  async fromPackages(archive: string, site: BuildSite): Promise<UnpackedKernel> {
    const directory = await this.#open(site);
    const tree = `${directory}/tree`;
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
    await this.#run('tar', args, site);
    const [release] = await this.files.list(`${tree}/${MODULES}`);
    if (release === undefined) throw new KernelImageError('its package has no modules');
    await this.#writeKernel(`${tree}/boot/vmlinuz-${release}`, directory, site);
    await this.#packModules(directory, release, site);
    await this.files.link(`${tree}/usr/bin/busybox`, `${directory}/${KERNEL_FILES.busybox}`);
    return { release, directory };
  }

  /** Of the files of a kernel that is kept. */
  async fromKept(kept: { directory: string; release: string }, site: BuildSite): Promise<UnpackedKernel> {
    const directory = await this.#open(site);
    for (const name of Object.values(KERNEL_FILES))
      await this.files.link(`${kept.directory}/${name}`, `${directory}/${name}`);
    const args = [
      '-C',
      `${directory}/tree`,
      '--no-same-owner',
      '-xf',
      `${directory}/${KERNEL_FILES.modules}`,
    ];
    await this.#run('tar', args, site);
    return { release: kept.release, directory };
  }

  /** Of its parts. @param parts.modules directory with modules.dep; undefined for a kernel that has all of it built in */
  async assemble(
    parts: { release: string; vmlinux: Buffer; busybox: string; modules: string | undefined },
    site: BuildSite,
  ): Promise<UnpackedKernel> {
    const directory = await this.#open(site);
    const { release, modules } = parts;
    await this.files.write(`${directory}/${KERNEL_FILES.kernel}`, parts.vmlinux);
    await this.files.write(
      `${directory}/${KERNEL_FILES.busybox}`,
      await this.files.read(parts.busybox),
      0o755,
    );
    const place = `${directory}/tree/${MODULES}/${release}`;
    if (modules === undefined) await this.files.write(`${place}/modules.dep`, '');
    else {
      await this.files.makeDirectory(`${directory}/tree/${MODULES}`);
      await this.files.replace(modules, place);
    }
    await this.#packModules(directory, release, site);
    return { release, directory };
  }

  async discard({ directory }: UnpackedKernel, archive: string): Promise<void> {
    await this.files.remove(directory);
    await this.files.remove(archive);
  }

  async #open(site: BuildSite): Promise<string> {
    const directory = `${site.directory}/kernel`;
    await this.files.makeDirectory(`${directory}/tree`);
    return directory;
  }

  async #writeKernel(path: string, directory: string, site: BuildSite): Promise<void> {
    const vmlinux = await this.uncompressed(await this.files.read(path), site.signal);
    await this.files.write(`${directory}/${KERNEL_FILES.kernel}`, vmlinux);
  }

  async #packModules(directory: string, release: string, site: BuildSite): Promise<void> {
    const archive = `${directory}/${KERNEL_FILES.modules}`;
    const args = [...REPRODUCIBLE, '-C', `${directory}/tree`, '-cf', archive, `${MODULES}/${release}`];
    await this.#run('tar', args, site);
  }

  /** vmlinux, given it or a bzImage: the form that starts soonest, and the only one that older Firecrackers take. */
  async uncompressed(kernel: Buffer, signal: AbortSignal): Promise<Buffer> {
    const { data, program } = kernelPayload(kernel);
    if (program === undefined) return data;
    const { stdout } = await this.processes.run({
      file: program,
      args: ['-dc'],
      stdin: data,
      maxOutputBytes: MAX_KERNEL_BYTES,
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    checkVmlinux(stdout);
    return stdout;
  }

  async #run(file: string, args: string[], { signal }: BuildSite): Promise<void> {
    await this.processes.run({ file, args, signal, timeoutMs: TIMEOUT_MS });
  }
}
