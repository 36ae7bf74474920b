import { chmod, rm } from 'node:fs/promises';
import type { DiskKeeping, KeepRequest } from './disk-backend.js';

/** A raw disk is copied, in its blocks or whole, while it stands still: its file stays what it is. */
export function keepRaw(
  { path, copyPath }: KeepRequest,
  copy: (from: string, to: string) => Promise<void>,
): DiskKeeping {
  let taken = false;
  return {
    overlayPath: undefined,
    take: async () => {
      await copy(path, copyPath);
      taken = true;
    },
    settle: async () => {
      if (taken) await chmod(copyPath, 0o444);
      else await rm(copyPath, { force: true });
    },
  };
}
