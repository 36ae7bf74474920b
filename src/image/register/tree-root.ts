import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { GUEST_SCRIPT_PATH } from '../guest/guest-script.js';
import type { Making } from '../making/image-making.js';
import { distributionName } from '../metadata/os-release.js';
import { ROOT_DISK_BYTES, WORK_DISK_BYTES } from '../recipe/recipe.js';
import { ImageFiles } from '../store/image-files.js';
import { Trees } from '../tree/trees.js';
import type { Tree } from '../tree/trees.js';
import type { RegisteredRoot } from './file-system-root.js';
import { ForeignFiles } from './foreign-files.js';
import { TreeProvisioner } from '../provisioning/tree-provisioner.js';

const GIB = 1024 ** 3;

/** Prints whether the tree $1 is a guest of banger, its size in KiB, then what it is. No link of it is followed. */
const LOOK = `set -eu
cd "$1"
if [ -f "$3" ] && [ ! -L "$3" ]; then echo guest; else echo stranger; fi
du -skx . | cut -f 1
for file in usr/lib/os-release etc/os-release; do
  if [ -f $file ] && [ ! -L $file ]; then head -c 65536 $file; break; fi
done
`;
/** TREE OUTPUT ARCHIVE */
const UNPACK_SQUASHFS = 'set -eu\nunsquashfs -quiet -no-progress -force -dest "$1" "$3"\nchmod 755 "$1"\n';

export interface TreeOrder {
  readonly path: string;
  readonly format: 'directory' | 'tar' | 'squashfs';
  readonly asIs: boolean;
  /** archive of the modules of the kernel that it gets */
  readonly modules: string | undefined;
}

/** Root file systems that come as files, and are made into an image's. */
@Injectable()
export class TreeRoot {
  constructor(
    private readonly config: Config,
    private readonly trees: Trees,
    private readonly foreign: ForeignFiles,
    private readonly files: ImageFiles,
    private readonly provisioner: TreeProvisioner,
  ) {}

  /** Writes `root.ext4` and `work.ext4`. */
  async make(making: Making, order: TreeOrder): Promise<RegisteredRoot> {
    const { site, step, name } = making;
    const tree = await this.trees.make(site);
    await step('image.copy', 'unpacking the file system', () => this.#unpack(tree, order));
    const before = await this.#look(tree);
    const provisioned =
      before.isGuest || order.asIs
        ? undefined
        : await step('image.provision', 'making it a guest', () => this.provisioner.install(tree, name));
    return step('image.filesystem', 'making the file system', async () => {
      const { bytes, distribution } = await this.#look(tree);
      // as much again is free, and no less than in images that are built
      const rootBytes = Math.max(ROOT_DISK_BYTES, Math.ceil((2 * bytes) / GIB) * GIB);
      const sizes = { diskBytes: rootBytes, workBytes: WORK_DISK_BYTES };
      if (provisioned !== undefined)
        await this.provisioner.finish(tree, provisioned, { ...sizes, image: name, environment: {} });
      if (order.modules !== undefined) await this.provisioner.layModules(tree, order.modules);
      await this.trees.makeDisks(tree, { rootBytes, workBytes: WORK_DISK_BYTES });
      await this.trees.discard(tree);
      return { diskBytes: rootBytes, distribution };
    });
  }

  async #unpack(tree: Tree, { path, format }: TreeOrder): Promise<void> {
    if (format === 'squashfs') {
      await this.trees.over(tree, UNPACK_SQUASHFS, [path]);
      return;
    }
    if (format === 'tar') {
      await this.trees.unpack(tree, path);
      return;
    }
    const archive = `${tree.site.directory}/rootfs.tar`;
    await this.foreign.make(archive);
    // without root a user's files are the only ones, and root's in the guest
    const owners = this.config.values.mode === 'user' ? ['--owner=0', '--group=0'] : [];
    const args = [
      ...owners,
      '--numeric-owner',
      '--xattrs',
      '--one-file-system',
      '-C',
      path,
      '-cf',
      archive,
      '.',
    ];
    await this.foreign.run({ file: 'tar', args, signal: tree.site.signal });
    await this.trees.unpack(tree, archive);
    await this.files.remove(archive);
  }

  async #look(tree: Tree): Promise<{ isGuest: boolean; bytes: number; distribution: string }> {
    const { stdout } = await this.trees.over(tree, LOOK, [GUEST_SCRIPT_PATH]);
    const [kind, kib, ...release] = stdout.toString('utf8').split('\n');
    return {
      isGuest: kind === 'guest',
      bytes: Number(kib) * 1024,
      distribution: distributionName(release.join('\n')) ?? 'unknown',
    };
  }
}
