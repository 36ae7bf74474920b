import { Injectable } from '@nestjs/common';
import type { ImageRegisterParams } from '../../contract/index.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import type { BuildSite } from '../build/build-plan.js';
import { ImageKernel } from '../kernel/image-kernel.js';
import { KernelImageError, kernelRelease } from '../kernel/kernel-image.js';
import { DEFAULT_KERNEL } from '../kernel/kernel-puller.js';
import { KernelService } from '../kernel/kernel.service.js';
import { KernelUnpacker } from '../kernel/kernel-unpacker.js';
import { ImageFiles } from '../store/image-files.js';
import { ForeignFiles } from './foreign-files.js';

const MAX_KERNEL_BYTES = 256 * 1024 ** 2;
const MAX_INITRD_BYTES = 512 * 1024 ** 2;

type Wanted = Pick<ImageRegisterParams, 'kernel' | 'kernelPath' | 'initrdPath'>;

/** What an image that is registered boots. */
export interface RegisteredKernelFacts {
  readonly release: string;
  readonly id?: string;
  /** archive of its modules; none for a kernel that is a file */
  readonly modules?: string;
}

/** The kernel of an image that is registered: one that is kept, or the user's own file. */
@Injectable()
export class RegisteredKernel {
  constructor(
    private readonly kernels: KernelService,
    private readonly imageKernel: ImageKernel,
    private readonly unpacker: KernelUnpacker,
    private readonly foreign: ForeignFiles,
    private readonly files: ImageFiles,
  ) {}

  /** Whether it is there, before anything is made. @throws KernelNotFoundError, KernelImageError, ForeignFileError */
  async check({ kernel, kernelPath, initrdPath }: Wanted): Promise<void> {
    if (kernelPath === undefined) await this.kernels.require(kernel ?? DEFAULT_KERNEL);
    else if (initrdPath === undefined)
      throw new KernelImageError(
        'its modules are not known, so that nothing can be made that it starts first',
        kernelPath,
        'give its initramfs too (--initrd), or keep it with its modules, and name it: banger kernel register NAME --kernel FILE --modules DIRECTORY',
      );
    else await this.foreign.inspect(kernelPath, 'kernel');
    if (initrdPath !== undefined) await this.foreign.inspect(initrdPath, 'initrd');
  }

  /** Writes `vmlinux` and `initrd` to the site. */
  async make(wanted: Wanted, site: BuildSite): Promise<RegisteredKernelFacts> {
    const facts =
      wanted.kernelPath === undefined
        ? await this.imageKernel.ofKept(() => this.kernels.require(wanted.kernel ?? DEFAULT_KERNEL), site)
        : await this.#ofFile(wanted.kernelPath, site);
    if (wanted.initrdPath === undefined) return facts;
    const initrd = await this.foreign.read(wanted.initrdPath, 'initrd', MAX_INITRD_BYTES);
    await this.files.write(`${site.directory}/${IMAGE_FILES.initrd}`, initrd);
    return facts;
  }

  async #ofFile(path: string, site: BuildSite): Promise<RegisteredKernelFacts> {
    const vmlinux = await this.unpacker.uncompressed(
      await this.foreign.read(path, 'kernel', MAX_KERNEL_BYTES),
      site.signal,
    );
    await this.files.write(`${site.directory}/${IMAGE_FILES.kernel}`, vmlinux);
    return { release: kernelRelease(vmlinux) ?? 'unknown' };
  }
}
