import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { ImageFiles } from './image-files.js';
import { packagesArchive } from '../build/build-plan.js';
import { WORKED_ON, workPath } from '../filesystem/work-path.js';

/** Without root. On a disk, unlike /tmp, which may be memory. */
export const USER_UNPACKS_IN = '/var/tmp';

const EXIT_TIMEOUT_MS = 10_000;
const REMOVAL_TIMEOUT_MS = 5 * 60_000;

/** What a build can leave outside of its directory: programs that outlive a killed daemon, and their temporary files. */
@Injectable()
export class SiteLeftovers {
  constructor(
    private readonly config: Config,
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
  ) {}

  /**
   * Where packages and trees are unpacked, made for it. As root below the building directory. Without root that is done as ids that may
   * not pass through a home directory, and what is left belongs to them: a place of its own that {@link clear} knows.
   */
  async makeTemporaryDirectory(directory: string): Promise<string> {
    const path = this.#temporaryDirectory(directory);
    await this.files.makePassableDirectory(path);
    return path;
  }

  /** Ends the programs of a build and removes their temporary files; none is success. */
  async clear(directory: string): Promise<void> {
    const path = this.#temporaryDirectory(directory);
    const disks = WORKED_ON.map((name) => workPath(directory, name));
    for (const argument of [packagesArchive(directory), `${path}/tree`, ...disks]) await this.#end(argument);
    if (!(await this.files.exists(path))) return;
    if (this.config.values.mode === 'root') {
      await this.files.remove(path);
      return;
    }
    const args = ['--map-root-user', '--map-auto', 'rm', '-rf', '--', path];
    await this.processes.run({ file: 'unshare', args, cwd: '/', timeoutMs: REMOVAL_TIMEOUT_MS });
  }

  /** Those that work on packages or a tree have its path as an argument, and their forks end with them. */
  async #end(argument: string): Promise<void> {
    for (const identity of await this.processes.findByArgument(argument)) {
      await this.processes.signal(identity, 'SIGKILL');
      await this.processes.waitForExit(identity, { timeoutMs: EXIT_TIMEOUT_MS });
    }
  }

  #temporaryDirectory(directory: string): string {
    if (this.config.values.mode === 'root') return `${directory}/tmp`;
    return `${USER_UNPACKS_IN}/banger${directory.slice(directory.lastIndexOf('/') + 1).replace('.', '-')}`;
  }
}
