import { Injectable } from '@nestjs/common';
import { DaemonKey } from '../../host/index.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import type { BuildSite } from '../build/build-plan.js';
import { Ext4, ROOT_INODE } from '../filesystem/ext4.js';
import type { Ext4Disk } from '../filesystem/ext4.js';
import { Ext4Walk } from '../filesystem/ext4-walk.js';
import { Workbench } from '../filesystem/workbench.js';
import { ImageFiles } from '../store/image-files.js';
import { keyFingerprint } from './authorized-key.js';

const DIRECTORY = '.ssh';
const FILE = 'authorized_keys';
const SOURCE = 'add.authorized_keys';

/** What work disks begin as lets the daemon in. */
@Injectable()
export class SeedKey {
  constructor(
    private readonly key: DaemonKey,
    private readonly ext4: Ext4,
    private readonly workbench: Workbench,
    private readonly files: ImageFiles,
  ) {}

  /** Of the key that new seeds let in: `SHA256:…`. Makes the key when there is none yet. */
  async fingerprint(): Promise<string> {
    return keyFingerprint((await this.key.get()).publicKey);
  }

  /**
   * Has the `work.ext4` of a site let in the daemon's key and no other; its file is another one afterwards.
   * @returns the key's fingerprint @throws FileSystemRefusedError
   */
  async letIn(site: BuildSite, image: string): Promise<string> {
    const { directory, signal } = site;
    const { publicKey } = await this.key.get();
    await this.files.write(`${directory}/${SOURCE}`, `${publicKey}\n`);
    const copy = await this.workbench.open(`${directory}/${IMAGE_FILES.work}`, 'seed', site);
    const disk = { ...copy, directory, image, part: 'work seed', signal };
    await this.ext4.repair(disk);
    await this.#replace(disk);
    await this.workbench.close(disk.path, IMAGE_FILES.work, site);
    await this.files.remove(`${directory}/${SOURCE}`);
    return keyFingerprint(publicKey);
  }

  async #replace(disk: Ext4Disk): Promise<void> {
    const walk = new Ext4Walk(this.ext4, disk);
    let home = await walk.directory(DIRECTORY);
    const inWay =
      home === undefined
        ? await walk.matching({ directory: '', names: /^\.ssh$/ })
        : await walk.matching({ directory: DIRECTORY, names: /^authorized_keys2?$/ });
    if (inWay.length > 0) {
      await this.ext4.remove(disk, inWay);
      await this.ext4.settle(disk);
    }
    if (home === undefined) {
      await this.ext4.add(disk, { directory: ROOT_INODE, name: DIRECTORY, mode: 0o700 });
      home = (await new Ext4Walk(this.ext4, disk).directory(DIRECTORY)) ?? ROOT_INODE;
    }
    await this.ext4.add(disk, { directory: home, name: FILE, mode: 0o600, from: SOURCE });
    await this.ext4.discardFree(disk);
  }
}
