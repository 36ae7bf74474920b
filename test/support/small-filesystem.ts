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
    if (size > 0) execFileSync('fallocate', ['-l', String(size), join(this.directory, BALLAST)]);
  }

  /** Takes what is free again, without giving back what is taken. */
  fillUp(): void {
    for (let index = 0; this.freeBytes > 0; index += 1) {
      const path = join(this.directory, `${BALLAST}-${index}`);
      if (!existsSync(path)) execFileSync('fallocate', ['-l', String(this.freeBytes), path]);
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
