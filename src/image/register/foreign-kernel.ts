import { Injectable } from '@nestjs/common';
import type { KernelRegisterParams } from '../../contract/index.js';
import { BuildHost } from '../build/build-host.js';
import { HostBinaryMissingError } from '../../core/process/index.js';
import type { BuildSite } from '../build/build-plan.js';
import { KernelImageError, kernelRelease } from '../kernel/kernel-image.js';
import { KernelUnpacker } from '../kernel/kernel-unpacker.js';
import type { UnpackedKernel } from '../kernel/kernel-unpacker.js';
import { ImageFiles } from '../store/image-files.js';
import { ForeignFiles } from './foreign-files.js';
import { moduleListProblem } from './module-list.js';

const MAX_KERNEL_BYTES = 256 * 1024 ** 2;
const PLACES = ['', 'lib/modules', 'usr/lib/modules'];

/** Kernels that users bring. */
@Injectable()
export class ForeignKernel {
  constructor(
    private readonly foreign: ForeignFiles,
    private readonly unpacker: KernelUnpacker,
    private readonly files: ImageFiles,
    private readonly host: BuildHost,
  ) {}

  /** @throws KernelImageError, ForeignFileError, HostBinaryMissingError */
  async unpack({ kernelPath, modulesPath }: KernelRegisterParams, site: BuildSite): Promise<UnpackedKernel> {
    const file = await this.foreign.read(kernelPath, 'kernel', MAX_KERNEL_BYTES);
    const vmlinux = await this.unpacker.uncompressed(file, site.signal);
    const release = kernelRelease(vmlinux);
    if (release === undefined) throw new KernelImageError('it does not say which version it is', kernelPath);
    const busybox = await this.host.findProgram('busybox');
    if (busybox === undefined) throw new HostBinaryMissingError('busybox');
    const place = `${site.directory}/modules`;
    if (modulesPath !== undefined) await this.#unpackModules(modulesPath, place, site);
    const modules = modulesPath === undefined ? undefined : await this.#find(place, release, kernelPath);
    const kernel = await this.unpacker.assemble({ release, vmlinux, busybox, modules }, site);
    await this.files.remove(place);
    return kernel;
  }

  /** As the reader, and with plain files alone: the daemon reads them afterwards. */
  async #unpackModules(path: string, place: string, { signal, directory }: BuildSite): Promise<void> {
    const { kind } = await this.foreign.inspect(path, 'modules');
    await this.files.makeOwnedDirectory(place, this.foreign.reader?.uid);
    let archive = path;
    if (kind === 'directory') {
      archive = `${directory}/modules-given.tar`;
      await this.foreign.make(archive);
      await this.foreign.run({ file: 'tar', args: ['-C', path, '-cf', archive, '.'], signal });
    }
    const args = ['-C', place, '--no-same-owner', '--no-same-permissions', '-xf', archive];
    await this.foreign.run({ file: 'tar', args, signal });
    await this.foreign.run({
      file: 'find',
      args: [place, '!', '-type', 'd', '!', '-type', 'f', '-delete'],
      signal,
    });
    await this.foreign.run({ file: 'chmod', args: ['-R', 'u+rwX,go=rX', place], signal });
  }

  /** Where its modules are, with a list that leads nowhere else. */
  async #find(place: string, release: string, kernel: string): Promise<string> {
    for (const parent of PLACES) {
      for (const directory of parent === '' ? [place] : [`${place}/${parent}/${release}`]) {
        const list = `${directory}/modules.dep`;
        const measure = await this.files.measure(list);
        if (measure === undefined) continue;
        const problem =
          measure.sizeBytes > 16 * 1024 ** 2
            ? 'its modules.dep is too large'
            : moduleListProblem((await this.files.read(list)).toString('utf8'));
        if (problem !== undefined) throw new KernelImageError(problem, kernel);
        return directory;
      }
    }
    throw new KernelImageError(
      `what was given as its modules has neither modules.dep nor lib/modules/${release}`,
      kernel,
      `name the directory of its own modules, such as /lib/modules/${release}`,
    );
  }
}
