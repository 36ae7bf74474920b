import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const OTHERS_MAY_PASS = 0o001;

/** The highest directory on the way to a path (itself included) that lets other users not through, if any. */
export async function findUntraversable(path: string): Promise<string | undefined> {
  const way: string[] = [];
  for (let place = resolve(path); ; place = dirname(place)) {
    way.unshift(place);
    if (place === dirname(place)) break;
  }
  for (const place of way) {
    try {
      if (((await stat(place)).mode & OTHERS_MAY_PASS) === 0) return place;
    } catch (error) {
      // what does not exist yet will be made with the right mode
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
  return undefined;
}
