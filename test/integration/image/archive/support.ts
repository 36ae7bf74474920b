import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { flattenLayers } from '../../../../src/image/archive/flatten-layers.js';
import type { FlattenedLayers, FlattenFacts } from '../../../../src/image/archive/flatten-layers.js';
import type { LayerFile } from '../../../../src/image/archive/layer-files.adapter.js';

export const LIMITS = { maxBytes: 2e9, maxEntries: 100_000, maxFileBytes: 2 ** 41 };

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** An archive as a layer on disk. */
export function layerFile(
  path: string,
  tar: Buffer,
  compression: LayerFile['compression'] = 'none',
): LayerFile {
  const zstd = (): Buffer => execFileSync('zstd', ['-qc'], { input: tar, maxBuffer: 1e9 });
  writeFileSync(path, { none: () => tar, gzip: () => gzipSync(tar, { level: 1 }), zstd }[compression]());
  return { path, compression, diffId: `sha256:${sha256(tar)}` };
}

export function flatten(
  layers: readonly LayerFile[],
  scratch: string,
  facts: Partial<FlattenFacts> = {},
): Promise<FlattenedLayers> {
  mkdirSync(scratch, { recursive: true });
  const { signal } = new AbortController();
  return flattenLayers(layers, {
    image: 'debian',
    scratch,
    limits: LIMITS,
    devices: 'keep',
    signal,
    ...facts,
  });
}

/** What GNU tar makes of it, in a directory that is made for it. */
export async function restore(flat: FlattenedLayers, target: string): Promise<void> {
  mkdirSync(target);
  const args = [
    '-x',
    '-p',
    '--warning=no-timestamp',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=*',
    '-C',
    target,
    '-f',
    '-',
  ];
  const tar = spawn('tar', args, {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
  });
  const exited = once(tar, 'exit');
  const complaints: Buffer[] = [];
  tar.stderr.on('data', (bytes: Buffer) => complaints.push(bytes));
  await pipeline(Readable.from(flat.archive()), tar.stdin);
  const [code] = (await exited) as [number];
  if (code !== 0 || complaints.length > 0)
    throw new Error(`tar ended with ${code}: ${Buffer.concat(complaints).toString()}`);
}

/**
 * All there is to a tree, one line for each name: type, mode, owner, size, time to the nanosecond, target, digest of
 * content, attributes, and which names are one file.
 */
export function describeTree(root: string): string[] {
  const inodes = new Map<string, number>();
  const attributes = xattrsOf(root);
  const lines: string[] = [];
  const visit = (path: Buffer, shown: string): void => {
    const facts = lstatSync(path, { bigint: true });
    const key = `${facts.dev}:${facts.ino}`;
    const isDirectory = facts.isDirectory();
    if (!isDirectory && !inodes.has(key)) inodes.set(key, inodes.size);
    const content = facts.isFile()
      ? sha256(readFileSync(path))
      : facts.isSymbolicLink()
        ? readlinkSync(path, { encoding: 'buffer' }).toString('latin1')
        : '';
    const number = facts.isCharacterDevice() || facts.isBlockDevice() ? facts.rdev : 0n;
    lines.push(
      [
        shown,
        facts.mode.toString(8),
        `${facts.uid}:${facts.gid}`,
        isDirectory ? '' : facts.size,
        facts.mtimeNs,
        number,
        isDirectory ? '' : `file ${inodes.get(key)} of ${facts.nlink}`,
        content,
        attributes.get(shown) ?? '',
      ].join(' | '),
    );
    if (!isDirectory) return;
    const names = readdirSync(path, { encoding: 'buffer' }).toSorted((a, b) => a.compare(b));
    for (const name of names)
      visit(Buffer.concat([path, Buffer.from('/'), name]), `${shown}/${name.toString('latin1')}`);
  };
  visit(Buffer.from(root), '.');
  return lines;
}

/** By name, as latin1 text. GNU tar reads them; what it wrote is read here. */
function xattrsOf(root: string): Map<string, string> {
  const args = [
    '-c',
    '--format=pax',
    '--xattrs',
    '--xattrs-include=*',
    '--hard-dereference',
    '-C',
    root,
    '.',
  ];
  const env = { PATH: '/usr/bin:/bin', LANG: 'C' };
  // attributes alone matter: two gigabytes of content would not fit
  const tar = execFileSync('tar', args, { env, maxBuffer: 2 ** 31 - 1, stdio: ['ignore', 'pipe', 'ignore'] });
  const found = new Map<string, string>();
  let records: [string, string][] = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    const type = String.fromCharCode(tar[at + 156] ?? 0);
    if (type === 'x') records = recordsOf(tar.subarray(at + 512, at + 512 + size));
    else {
      const name = Object.fromEntries(records)['path'] ?? headerName(tar, at);
      const own = records.filter(([key]) => key.startsWith('SCHILY.xattr.')).toSorted();
      if (own.length > 0) found.set(name.replace(/\/$/, ''), JSON.stringify(own));
      records = [];
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

function headerName(tar: Buffer, at: number): string {
  const text = (from: number, length: number): string =>
    tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
  return [text(345, 155), text(0, 100)].filter((part) => part !== '').join('/');
}

function recordsOf(data: Buffer): [string, string][] {
  const records: [string, string][] = [];
  for (let at = 0; at < data.length;) {
    const length = Number.parseInt(data.toString('latin1', at, at + 10), 10);
    const text = data.toString('latin1', at + String(length).length + 1, at + length - 1);
    const equals = text.indexOf('=');
    records.push([text.slice(0, equals), text.slice(equals + 1)]);
    at += length;
  }
  return records;
}

/** An OCI image of these layers, and what umoci unpacks of it: the path of the root. */
export function umociUnpack(directory: string, layers: readonly string[]): string {
  const image = join(directory, 'oci');
  const run = (...args: string[]): void =>
    void execFileSync('umoci', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  run('init', '--layout', image);
  run('new', '--image', `${image}:latest`);
  for (const layer of layers) run('raw', 'add-layer', '--image', `${image}:latest`, layer);
  run('unpack', '--image', `${image}:latest`, join(directory, 'bundle'));
  return join(directory, 'bundle', 'rootfs');
}
