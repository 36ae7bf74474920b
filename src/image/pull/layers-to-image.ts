import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { plural } from '../../core/plural.js';
import type { ArchiveLimits } from '../archive/archive-limits.js';
import { flattenLayers } from '../archive/flatten-layers.js';
import { initScript, INITRAMFS_MODULES } from '../guest/initramfs.js';
import { ImageKernel } from '../kernel/image-kernel.js';
import { DEFAULT_KERNEL } from '../kernel/kernel-puller.js';
import { KernelRepository } from '../kernel/kernel.repository.js';
import { KernelService } from '../kernel/kernel.service.js';
import type { Making, Product } from '../making/image-making.js';
import type { OciLayer } from '../oci/oci-image.js';
import { provisionedFiles } from '../provisioning/provisioned-files.js';
import { provisioningScript } from '../provisioning/provisioning-script.js';
import { TreeProvisioner } from '../provisioning/tree-provisioner.js';
import { BOOT_ARGUMENTS, ROOT_DISK_BYTES, WORK_DISK_BYTES } from '../recipe/recipe.js';
import { TREE_IDS } from '../tree/confinement.js';
import { MAKE_DISKS, UNPACK } from '../tree/tree-scripts.js';
import { Trees } from '../tree/trees.js';
import type { Tree } from '../tree/trees.js';

const GIB = 1024 ** 3;
/** What layers may come to, uncompressed; more is nothing to make a disk of. */
const MOST_BYTES = 64 * GIB;
/** Of small ones, whatever they are packed with. */
const LEAST_BYTES = 4 * GIB;
/** What is packed more tightly than a hundred to one is packed to fill a disk: real layers come to ten. */
const MOST_RATIO = 100;
const MOST_ENTRIES = 1_000_000;

export interface LayersOrder {
  readonly layers: readonly OciLayer[];
  /** variables that the image has for its programs */
  readonly environment: Readonly<Record<string, string>>;
}

/** The layers of an image become a tree, that a guest, and this the disks. */
@Injectable()
export class LayersToImage {
  constructor(
    private readonly trees: Trees,
    private readonly provisioner: TreeProvisioner,
    private readonly kernel: ImageKernel,
    private readonly kernels: KernelRepository,
    private readonly kernelService: KernelService,
  ) {}

  /** @throws LayerRefusedError, ImageNotProvisionableError, DiskFullError, ProcessFailedError */
  async make(
    making: Making,
    order: LayersOrder,
  ): Promise<Pick<Product, 'distribution' | 'kernelVersion' | 'kernelId' | 'diskBytes' | 'bootArguments'>> {
    const { name, site, step } = making;
    const kernel = await step('image.kernel', 'giving it a kernel', async (progress) => {
      if ((await this.kernels.find(DEFAULT_KERNEL)) === undefined) await this.kernel.pull(site, progress);
      const found = await this.kernel.ofKept(() => this.kernelService.require(DEFAULT_KERNEL), site);
      progress.detail(found.release);
      return found;
    });
    const tree = await this.trees.make(site);
    const bytes = await step(
      'image.unpack',
      `unpacking ${plural(order.layers.length, 'layer')}`,
      (progress) =>
        this.#unpack(tree, making, { layers: order.layers, tell: (text) => progress.detail(text) }),
    );
    const provisioned = await step('image.provision', 'making it a guest', () =>
      this.provisioner.install(tree, name),
    );
    const diskBytes = Math.max(ROOT_DISK_BYTES, Math.ceil((bytes * 1.5) / GIB + 2) * GIB);
    await step('image.filesystem', 'making the file system', async () => {
      const sizes = { diskBytes, workBytes: WORK_DISK_BYTES };
      const files = { ...sizes, environment: order.environment, image: name };
      await this.provisioner.finish(tree, provisioned, files);
      await this.provisioner.layModules(tree, kernel.modules);
      await this.trees.makeDisks(tree, { rootBytes: diskBytes, workBytes: WORK_DISK_BYTES });
      await this.trees.discard(tree);
    });
    return {
      distribution: provisioned.distribution,
      kernelVersion: kernel.release,
      kernelId: kernel.id,
      diskBytes,
      bootArguments: BOOT_ARGUMENTS,
    };
  }

  /** sha256, hex, over an image's content and all that is done to it. */
  recipeDigest(content: string): string {
    const facts = { diskBytes: ROOT_DISK_BYTES, workBytes: WORK_DISK_BYTES, environment: {} };
    const kinds = ['systemd', 'openrc'] as const;
    const files = kinds.map((init) => provisionedFiles({ init, sshUnit: 'ssh' }, facts));
    const scripts = [provisioningScript(), initScript([]), UNPACK, MAKE_DISKS, ...INITRAMFS_MODULES];
    return createHash('sha256')
      .update(JSON.stringify([content, files, scripts, BOOT_ARGUMENTS]))
      .digest('hex');
  }

  /** `bytes` of what was unpacked */
  async #unpack(
    tree: Tree,
    { name, site }: Making,
    { layers, tell }: { layers: readonly OciLayer[]; tell: (text: string) => void },
  ): Promise<number> {
    await using merged = await flattenLayers(layers, {
      image: name,
      scratch: site.directory,
      limits: limitsOf(layers),
      devices: 'refuse',
      maxId: TREE_IDS.count - 1,
      signal: site.signal,
    });
    tell(`${merged.entries} files`);
    await this.trees.unpack(tree, Readable.from(merged.archive()));
    return merged.bytes;
  }
}

function limitsOf(layers: readonly OciLayer[]): ArchiveLimits {
  const packed = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const maxBytes = Math.min(MOST_BYTES, Math.max(LEAST_BYTES, packed * MOST_RATIO));
  return { maxBytes, maxEntries: MOST_ENTRIES, maxFileBytes: MOST_BYTES };
}
