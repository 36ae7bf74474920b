import { constants } from 'node:fs';
import { chmod, chown, copyFile, link, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/*
 * A disk whose base may go has all that is below it for itself, under names beside it: `root.1.qcow2` stands on the image,
 * `root.2.qcow2` on that, and `root.qcow2` on the last. Each file names the one below it alone, so that it means the same
 * in every directory that it has a name in.
 *
 * A VMM that went on to a new file knows it by the name that it had then, and opens it again by that name when the file
 * is frozen in its turn: `root.live-3f9c.qcow2` is a second name of `root.qcow2` for as long.
 */

export function layerPath(path: string, number: number): string {
  return path.replace(/\.qcow2$/, `.${number}.qcow2`);
}

/** Paths of what is below a disk in its own directory, the lowest first. */
export async function layersOf(path: string): Promise<string[]> {
  const names = new Set(await namesBeside(path));
  const layers: string[] = [];
  for (let layer = layerPath(path, 1); names.has(basename(layer)); layer = layerPath(path, layers.length + 1))
    layers.push(layer);
  return layers;
}

export function livePath(path: string, id: string): string {
  return path.replace(/\.qcow2$/, `.live-${id}.qcow2`);
}

/** The names under which VMMs know the disk, or have known what is below it. */
export async function liveNamesOf(path: string): Promise<string[]> {
  const prefix = livePath(basename(path), '').replace(/\.qcow2$/, '');
  const names = await namesBeside(path);
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith('.qcow2'))
    .map((name) => `${dirname(path)}/${name}`);
}

/** Another name for the same file: it stays as long as one of them does. A copy where names cannot be shared. */
async function keepName(from: string, path: string): Promise<void> {
  await link(from, path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV' && error.code !== 'EMLINK') throw error;
    await copyFile(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  });
}

/** Gives files names beside a disk that is to stand on them, the lowest first; returns the names. */
export async function keepLayers(layers: readonly string[], path: string): Promise<string[]> {
  const kept = layers.map((_, index) => layerPath(path, index + 1));
  for (const [index, layer] of layers.entries()) await keepName(layer, kept[index] ?? '');
  return kept;
}

/** Puts a file at another's place, which it keeps its own name for. In one step: the place is never empty. */
export async function takePlace(from: string, path: string): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  await link(from, draft);
  await rename(draft, path);
}

/** Nobody writes a layer any more, and whoever stands on it may read it. */
export async function closeLayer(layer: string): Promise<void> {
  await chmod(layer, 0o444);
  if (process.getuid?.() === 0) await chown(layer, 0, 0);
}

export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

async function namesBeside(path: string): Promise<string[]> {
  return readdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
