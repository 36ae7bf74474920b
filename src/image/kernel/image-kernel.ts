import { Injectable } from '@nestjs/common';
import type { StepContext } from '../../core/operations/index.js';
import { BuildPlanner } from '../build/build-planner.js';
import { packagesArchive } from '../build/build-plan.js';
import type { BuildPlan, BuildSite } from '../build/build-plan.js';
import { Mmdebstrap } from '../build/mmdebstrap.js';
import { InitramfsMaker } from './initramfs-maker.js';
import { KernelStore } from './kernel-store.js';
import { KERNEL_FILES, KernelUnpacker } from './kernel-unpacker.js';
import type { UnpackedKernel } from './kernel-unpacker.js';
import type { KernelRow } from './kernel.repository.js';

/** What a site has when it has a kernel: `vmlinux` and `initrd`. */
export interface SiteKernel {
  /** id of the kernel in the books */
  readonly id: string;
  readonly release: string;
  /** archive of its modules, for the root file system */
  readonly modules: string;
}

/** How an image comes by its kernel. */
@Injectable()
export class ImageKernel {
  constructor(
    private readonly planner: BuildPlanner,
    private readonly mmdebstrap: Mmdebstrap,
    private readonly unpacker: KernelUnpacker,
    private readonly initramfs: InitramfsMaker,
    private readonly store: KernelStore,
  ) {}

  /** That of an archive of packages, which is kept for other images too. */
  async ofPackages(archive: string, plan: BuildPlan, site: BuildSite): Promise<SiteKernel> {
    const kernel = await this.unpacker.fromPackages(archive, site);
    return this.#use(kernel, await this.#keep(kernel, plan), site);
  }

  /** One that is kept. */
  async ofKept(find: () => Promise<KernelRow>, site: BuildSite): Promise<SiteKernel> {
    const { id, kernel } = await this.store.take(find, async (row) => {
      const kept = { directory: this.store.directory(row.id), release: row.version };
      return { id: row.id, kernel: await this.unpacker.fromKept(kept, site) };
    });
    return this.#use(kernel, id, site);
  }

  /** Gets the distribution's own, and keeps it. Its id; nothing of it is left in the site. */
  async pull(site: BuildSite, step: StepContext, name?: string): Promise<string> {
    const { directory, signal } = site;
    const plan = await this.planner.plan({ image: 'kernel', directory, signal });
    const archive = packagesArchive(directory);
    await this.mmdebstrap.run(plan, { archive, packages: [] }, site, step);
    const kernel = await this.unpacker.fromPackages(archive, site);
    const id = await this.#keep(kernel, plan, name);
    await this.unpacker.discard(kernel, archive);
    return id;
  }

  #keep(kernel: UnpackedKernel, { distribution }: BuildPlan, name = distribution.id): Promise<string> {
    return this.store.keep(kernel, {
      name,
      source: { kind: 'packages', reference: distribution.kernelPackage },
    });
  }

  async #use(kernel: UnpackedKernel, id: string, site: BuildSite): Promise<SiteKernel> {
    await this.initramfs.make(kernel, site);
    return { id, release: kernel.release, modules: `${kernel.directory}/${KERNEL_FILES.modules}` };
  }
}
