import { Injectable } from '@nestjs/common';
import { Ext4 } from '../filesystem/ext4.js';
import type { Ext4Disk } from '../filesystem/ext4.js';
import { Ext4Walk } from '../filesystem/ext4-walk.js';
import { FileSystemRefusedError } from '../filesystem/filesystem.errors.js';
import { guestFiles } from '../guest/guest-files.js';
import { ROOT_SECTORS_PATH, WORK_SECTORS_PATH } from '../guest/initramfs.js';
import { ImageFiles } from '../store/image-files.js';

/** Those of banger's own files in a guest that a machine changes, and that its image has again as it was made with. */
const ANEW = new Set(['etc/machine-id', 'etc/hostname', 'etc/hosts', ROOT_SECTORS_PATH, WORK_SECTORS_PATH]);

/** Files that a root file system gets which was a machine's. */
@Injectable()
export class MachineFiles {
  constructor(
    private readonly ext4: Ext4,
    private readonly files: ImageFiles,
  ) {}

  /** Where nothing of their names is. @param sizes of the file systems, `bytes` @throws FileSystemRefusedError */
  async write(disk: Ext4Disk, sizes: { rootBytes: number; workBytes: number }): Promise<void> {
    const walk = new Ext4Walk(this.ext4, disk);
    const wanted = guestFiles({ diskBytes: sizes.rootBytes, workBytes: sizes.workBytes });
    for (const file of wanted) {
      if (!ANEW.has(file.path) || !('content' in file)) continue;
      const at = file.path.lastIndexOf('/');
      const name = file.path.slice(at + 1);
      const directory = await walk.directory(file.path.slice(0, at));
      if (directory === undefined) throw refused(disk, `it has no directory /${file.path.slice(0, at)}`);
      const from = `add.${name}`;
      await this.files.write(`${disk.directory}/${from}`, file.content);
      await this.ext4.add(disk, { directory, name, mode: file.mode, from });
      await this.files.remove(`${disk.directory}/${from}`);
    }
  }
}

function refused({ image, part }: Ext4Disk, reason: string): FileSystemRefusedError {
  return new FileSystemRefusedError({ image, part, reason });
}
