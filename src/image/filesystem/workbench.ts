import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { BuildSite } from '../build/build-plan.js';
import { ImageFiles } from '../store/image-files.js';
import { TREE_IDS } from '../tree/confinement.js';
import type { Ext4Disk } from './ext4.js';
import { workPath } from './work-path.js';
import type { WorkedOn } from './work-path.js';

const TIMEOUT_MS = 60 * 60_000;

/** Copies of file systems that are worked on: by programs that may do nothing else, since their content is a stranger's. */
@Injectable()
export class Workbench {
  constructor(
    private readonly config: Config,
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
  ) {}

  /** A copy of a file, to be worked on. */
  async open(from: string, name: WorkedOn, site: BuildSite): Promise<Pick<Ext4Disk, 'path' | 'owner'>> {
    const path = workPath(site.directory, name);
    await this.#copy(from, path, site.signal);
    // in root mode it would otherwise be root that reads it
    const id = this.config.values.mode === 'root' ? TREE_IDS.first : undefined;
    await this.files.giveTo(path, id);
    return { path, owner: id === undefined ? undefined : { uid: id, gid: id } };
  }

  /**
   * What was worked on becomes a file of the site, zeroes as holes. A copy: whoever still had the other one open has
   * nothing to do with this one.
   */
  async close(path: string, as: string, { directory, signal }: BuildSite): Promise<void> {
    await this.files.remove(`${directory}/${as}`);
    await this.#copy(path, `${directory}/${as}`, signal);
    await this.files.remove(path);
  }

  async #copy(from: string, to: string, signal: AbortSignal): Promise<void> {
    const args = ['--sparse=always', '--reflink=never', '--', from, to];
    await this.processes.run({ file: 'cp', args, cwd: '/', signal, timeoutMs: TIMEOUT_MS });
  }
}
