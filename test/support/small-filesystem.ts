import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

const BALLAST = 'ballast';

/** A small file system in memory, mounted where a test wants it; needs root. */
export class SmallFilesystem {
  constructor(
    readonly directory: string,
    sizeMib: number,
  ) {
    mkdirSync(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m,mode=711`, 'tmpfs', directory]);
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }

  /** Leaves this much, by a file that takes the rest. */
  fill(leaveBytes = 0): void {
    this.relieve();
    const size = this.freeBytes - leaveBytes;
    if (size > 0) this.#take(BALLAST, size);
  }

  /** Takes what is free again, without giving back what is taken. */
  fillUp(): void {
    for (let index = 0; this.freeBytes > 0; index += 1) {
      const path = join(this.directory, `${BALLAST}-${index}`);
      if (!existsSync(path)) this.#take(`${BALLAST}-${index}`, this.freeBytes);
    }
  }

  /** A machine that runs may have written in the meantime: then less is free than there was. */
  #take(name: string, size: number): void {
    const path = join(this.directory, name);
    for (let left = size; left > 0; left = Math.min(left, this.freeBytes)) {
      try {
        execFileSync('fallocate', ['-l', String(left), path], { stdio: 'ignore' });
        return;
      } catch {
        rmSync(path, { force: true });
      }
    }
  }

  /** There is room again. */
  relieve(): void {
    rmSync(join(this.directory, BALLAST), { force: true });
    for (let index = 0; existsSync(join(this.directory, `${BALLAST}-${index}`)); index += 1)
      rmSync(join(this.directory, `${BALLAST}-${index}`));
  }

  readOnly(on: boolean): void {
    execFileSync('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, this.directory]);
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.directory]);
  }
}
