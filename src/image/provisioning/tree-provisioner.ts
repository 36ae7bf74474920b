import { Injectable } from '@nestjs/common';
import { isKind } from '../../core/errors/index.js';
import { HostPackages } from '../build/host-packages.js';
import { guestArchive } from '../tree/guest-archive.js';
import { Trees } from '../tree/trees.js';
import type { Tree } from '../tree/trees.js';
import { aptMirrors } from './apt-mirrors.js';
import { explainProvisioning } from './explain-provisioning.js';
import { readProvisioned } from './provisioned.js';
import type { Provisioned } from './provisioned.js';
import { provisionedFiles } from './provisioned-files.js';
import type { ProvisionedFacts } from './provisioned-files.js';
import { provisioningScript } from './provisioning-script.js';

export interface ProvisionOrder extends ProvisionedFacts {
  /** for messages */
  readonly image: string;
}

/** Where a system has its modules when its /lib is a directory of its own. */
const LINK_MODULES = `set -eu
if [ ! -L /lib ] && [ ! -L /lib/modules ]; then
  mkdir -p /lib
  rmdir /lib/modules 2> /dev/null || :
  [ -e /lib/modules ] || ln -s ../usr/lib/modules /lib/modules
fi
`;

/** Makes foreign trees ones that boot as guests. */
@Injectable()
export class TreeProvisioner {
  constructor(
    private readonly trees: Trees,
    private readonly packages: HostPackages,
  ) {}

  /** What its own programs have to do. @throws ImageNotProvisionableError, DiskFullError */
  async install(tree: Tree, image: string): Promise<Provisioned> {
    try {
      const env = await this.#environment(tree.site.signal);
      const { stdout } = await this.trees.enter(tree, { script: provisioningScript(), env });
      return readProvisioned(stdout.toString('utf8'), image);
    } catch (error) {
      throw explainProvisioning(error, { image, directory: tree.site.directory });
    }
  }

  /** Lays banger's own files on one that {@link install} has been through. */
  async finish(tree: Tree, provisioned: Provisioned, order: ProvisionOrder): Promise<void> {
    await this.trees.lay(tree, await guestArchive(provisionedFiles(provisioned, order)));
  }

  /** Lays an archive of a kernel's modules where the tree's own modprobe looks. */
  async layModules(tree: Tree, modules: string): Promise<void> {
    await this.trees.lay(tree, modules);
    await this.trees.enter(tree, { script: LINK_MODULES });
  }

  /** The host's mirrors are known to be reachable; a host that has none of apt's does without. */
  async #environment(signal: AbortSignal): Promise<Record<string, string>> {
    try {
      const { aptOptions, distribution, sources } = await this.packages.find(signal);
      return { BANGER_APT_OPTIONS: aptOptions, BANGER_APT_MIRRORS: aptMirrors(distribution.id, sources) };
    } catch (error) {
      if (isKind(error, 'HOST_UNSUPPORTED') || isKind(error, 'HOST_BINARY_MISSING')) return {};
      throw error;
    }
  }
}
