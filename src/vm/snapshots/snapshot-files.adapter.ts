import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { SavedFiles } from '../saving/saved-files.adapter.js';
import { SNAPSHOT_FILES } from './snapshot.types.js';
import type { Snapshot } from './snapshot.types.js';

/** Begins the name of whatever is not a whole snapshot. */
const PASSING = '.';
const PRIVATE = 0o700;

/** The directories of snapshots, each within that of its VM. */
@Injectable()
export class SnapshotFiles {
  /** those that are being made, or made use of */
  readonly #inUse = new Set<string>();

  constructor(private readonly saved: SavedFiles) {}

  /** Runs the body with a directory that is gone afterwards, unless it has got a place by then. */
  async withDirectory<T>(parent: string, id: string, body: (directory: string) => Promise<T>): Promise<T> {
    const directory = `${parent}/${PASSING}${id}`;
    await mkdir(directory, { recursive: true, mode: PRIVATE });
    this.#inUse.add(directory);
    try {
      return await body(directory);
    } finally {
      this.#inUse.delete(directory);
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** The manifest is written first, the directory gets its place in one step. */
  async publish(directory: string, place: string, snapshot: Snapshot): Promise<void> {
    const manifest = `${directory}/${SNAPSHOT_FILES.manifest}`;
    await writeFile(manifest, `${JSON.stringify(snapshot, undefined, 2)}\n`, { mode: 0o600, flush: true });
    await rename(directory, place);
    await this.saved.sync(`${place}/..`);
  }

  /** Oldest first. Not by their ids, which tell the second alone: two were made within one, and changed places. */
  async list(parent: string): Promise<Snapshot[]> {
    const names = (await namesIn(parent)).filter((name) => !name.startsWith(PASSING));
    const found = await Promise.all(names.map((name) => readManifest(parent, name)));
    return found
      .filter((snapshot) => snapshot !== undefined)
      .toSorted((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt));
  }

  /** Nobody finds it any more when the first step is done. None is success. */
  async remove(parent: string, id: string): Promise<void> {
    const doomed = `${parent}/${PASSING}${id}`;
    await rename(`${parent}/${id}`, doomed).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(doomed, { recursive: true, force: true });
  }

  /** Names of disks, and of what they stand on. */
  async disksIn(directory: string): Promise<string[]> {
    return (await namesIn(directory)).filter((name) => /^(?:root|work)\./.test(name)).toSorted();
  }

  /** `bytes` that would be given back with it */
  async ownBytes(directory: string): Promise<number> {
    const names = await namesIn(directory);
    const bytes = await Promise.all(names.map((name) => this.saved.ownBytes(`${directory}/${name}`)));
    return bytes.reduce((sum, one) => sum + one, 0);
  }

  /** Takes away what a daemon that was killed has left. */
  async tidy(parent: string): Promise<void> {
    for (const name of await namesIn(parent)) {
      const path = `${parent}/${name}`;
      if (name.startsWith(PASSING) && !this.#inUse.has(path))
        await rm(path, { recursive: true, force: true });
    }
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Only the daemon writes it; still, whatever is not one of its manifests is none. */
async function readManifest(parent: string, id: string): Promise<Snapshot | undefined> {
  try {
    const text = await readFile(`${parent}/${id}/${SNAPSHOT_FILES.manifest}`, 'utf8');
    const snapshot = JSON.parse(text) as Snapshot;
    const isOne =
      snapshot.version === 1 &&
      snapshot.id === id &&
      [snapshot.name, snapshot.imageId, snapshot.diskBackend].every((one) => typeof one === 'string') &&
      !Number.isNaN(Date.parse(snapshot.createdAt)) &&
      [snapshot.cpus, snapshot.memoryMib, snapshot.diskMib].every((one) => Number.isInteger(one)) &&
      Array.isArray(snapshot.disks);
    return isOne ? snapshot : undefined;
  } catch {
    return undefined;
  }
}
