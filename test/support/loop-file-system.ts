import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

const MIB = 1024 * 1024;
const MKFS = {
  ext4: ['mkfs.ext4', '-q', '-m', '0', '-F'],
  xfs: ['mkfs.xfs', '-q'],
  btrfs: ['mkfs.btrfs', '-q'],
} as const;
export type FileSystemKind = keyof typeof MKFS;

const LOOP_TIMEOUT_MS = 30_000;

/** A small file system of its own, on a loop device that goes with its mount. Needs root. */
export class LoopFileSystem {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'bgr-loop-'));
  readonly #image = join(this.#scratch, 'image');
  readonly directory = join(this.#scratch, 'fs');

  constructor(kind: FileSystemKind, sizeMib: number) {
    const [program, ...args] = MKFS[kind];
    try {
      execFileSync('chmod', ['711', this.#scratch]);
      mkdirSync(this.directory);
      writeFileSync(this.#image, '');
      truncateSync(this.#image, sizeMib * MIB);
      execFileSync(program, [...args, this.#image], { stdio: 'pipe' });
      execFileSync('mount', ['-o', 'loop', this.#image, this.directory]);
      execFileSync('chmod', ['711', this.directory]);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }

  /** Takes all but so many bytes. @returns gives them back */
  fill(leaveBytes: number): () => void {
    const path = join(this.directory, 'ballast');
    try {
      execFileSync('fallocate', ['-l', String(this.freeBytes - leaveBytes), path], { stdio: 'pipe' });
    } catch {
      // what is free cannot always be had in one piece
      execFileSync('sh', ['-c', `cat /dev/zero > '${path}' 2>/dev/null || :`]);
    }
    return () => rmSync(path, { force: true });
  }

  /** A process of another test that copied the mounts a moment before keeps the device until it ends. */
  #loopsLeft(): string {
    for (const deadline = Date.now() + LOOP_TIMEOUT_MS; ; execFileSync('sleep', ['0.2'])) {
      const loops = execFileSync('losetup', ['--associated', this.#image], { encoding: 'utf8' });
      if (loops === '' || Date.now() > deadline) return loops;
    }
  }

  /** Unmounts, and proves that neither a mount nor a loop device is left. */
  close(): void {
    if (mounts().includes(this.#scratch)) execFileSync('umount', [this.directory]);
    const loops = this.#loopsLeft();
    const mounted = mounts().includes(this.#scratch);
    rmSync(this.#scratch, { recursive: true, force: true });
    expect({ loops, mounted }).toEqual({ loops: '', mounted: false });
  }
}

function mounts(): string {
  return readFileSync('/proc/self/mounts', 'utf8');
}
