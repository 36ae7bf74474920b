import { Injectable } from '@nestjs/common';
import { ProcessRunner } from '../../core/process/index.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import type { BuildSite } from '../build/build-plan.js';
import { Workbench } from '../filesystem/workbench.js';
import { workPath } from '../filesystem/work-path.js';
import { WORK_DISK_BYTES } from '../recipe/recipe.js';

const TIMEOUT_MS = 5 * 60_000;
/** as those of images that are built: see `MAKE_DISKS` */
const OPTIONS = ['-q', '-t', 'ext4', '-L', 'bgr-work', '-b', '4096', '-I', '256', '-i', '16384', '-m', '0'];

/** What work disks begin as where the image has nothing to say of it. */
@Injectable()
export class EmptySeed {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly workbench: Workbench,
  ) {}

  /** Writes `work.ext4` to the site. */
  async make(site: BuildSite): Promise<void> {
    const path = workPath(site.directory, 'work');
    const journal = ['-J', 'size=16', '-E', 'lazy_itable_init=0,nodiscard,root_owner=0:0'];
    const args = [...OPTIONS, ...journal, path, `${WORK_DISK_BYTES / 1024}K`];
    await this.processes.run({ file: 'mke2fs', args, cwd: '/', signal: site.signal, timeoutMs: TIMEOUT_MS });
    await this.workbench.close(path, IMAGE_FILES.work, site);
  }
}
