import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { guestFiles } from '../guest/guest-files.js';
import { DISK_SIZES, ROOT_DISK_BYTES, WORK_DISK_BYTES } from '../recipe/recipe.js';
import { ImageFiles } from '../store/image-files.js';
import { buildPaths, IMAGE_FILES } from '../build/build-plan.js';
import type { BuildSite } from '../build/build-plan.js';
import { ROOT_SCRIPT } from '../build/build-scripts.js';
import { guestArchive } from './guest-archive.js';

const TIMEOUT_MS = 20 * 60_000;

/** The file systems: the packages, the guest's files on top, made into ext4 without mounting it. */
@Injectable()
export class RootStep {
  constructor(
    private readonly config: Config,
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
  ) {}

  /** Writes `root.ext4` and `work.ext4`. */
  async run(archive: string, site: BuildSite): Promise<void> {
    const { guest, draft } = buildPaths(site.directory);
    await this.files.write(guest, await guestArchive(guestFiles(DISK_SIZES)));
    const root = this.config.values.mode === 'root';
    const script = ['sh', '-c', ROOT_SCRIPT, 'banger-image', archive, guest, `${site.directory}/tree`];
    script.push(
      draft,
      `${site.directory}/${IMAGE_FILES.root}`,
      `${ROOT_DISK_BYTES / 1024}K`,
      `${site.directory}/${IMAGE_FILES.work}`,
      `${WORK_DISK_BYTES / 1024}K`,
      root ? 'disk' : 'memory',
    );
    const namespace = ['unshare', '--map-root-user', '--map-auto', '--mount'];
    const [file = 'sh', ...args] = root ? script : [...namespace, ...script];
    await this.processes.run({
      file,
      args,
      cwd: '/',
      signal: site.signal,
      timeoutMs: TIMEOUT_MS,
      onLine: (line) => site.output(line),
    });
    await this.files.remove(guest);
  }
}
