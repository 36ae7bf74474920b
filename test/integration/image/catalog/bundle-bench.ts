import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import { NodeProcessRunner } from '../../../../src/core/process/index.js';
import { dataExtents, sparseDigest } from '../../../../src/host/index.js';
import type { BundledImage, BundleManifest } from '../../../../src/image/catalog/bundle-manifest.js';
import { DiskBundles } from '../../../../src/image/catalog/bundles.adapter.js';
import type { WriteBundleRequest } from '../../../../src/image/catalog/bundles.js';
import { Random } from '../../../fuzz/rpc/random.js';

const MIB = 1024 ** 2;
export const FILES = ['vmlinux', 'initrd', 'root.ext4', 'work.ext4'] as const;

/** A directory with the files of an image, and what bundles are made with. */
export class BundleBench {
  readonly directory = mkdtempSync(join(tmpdir(), 'bgr-bundle-'));
  readonly runner = new NodeProcessRunner();
  readonly bundles = new DiskBundles(this.runner);
  #directories = 0;

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** A kernel without a hole, an odd initrd, a root with files and holes, a work disk that is all but empty. */
  makeImage(): void {
    writeFileSync(this.path('vmlinux'), bytes(700_000, 1));
    writeFileSync(this.path('initrd'), bytes(12_345, 2));
    const content = mkdtempSync(join(this.directory, 'content-'));
    for (let index = 0; index < 40; index += 1)
      writeFileSync(join(content, `file-${index}`), bytes(100 * index * index, index));
    makeFilesystem(this.path('root.ext4'), 64 * MIB, content);
    makeFilesystem(this.path('work.ext4'), 16 * MIB);
    // mke2fs writes zeroes here and there
    for (const name of ['root.ext4', 'work.ext4']) {
      execFileSync('cp', ['--sparse=always', this.path(name), this.path('sparse')]);
      renameSync(this.path('sparse'), this.path(name));
    }
    rmSync(content, { recursive: true });
  }

  /** As small as they come, for those that are read thousands of times. */
  makeTinyImage(): void {
    writeFileSync(this.path('vmlinux'), bytes(3000, 1));
    writeFileSync(this.path('initrd'), bytes(700, 2));
    for (const name of ['root.ext4', 'work.ext4']) {
      writeFileSync(this.path(name), Buffer.concat([bytes(5000, 3), Buffer.alloc(60_000), bytes(4000, 4)]));
      truncateSync(this.path(name), 200_000);
      execFileSync('fallocate', ['--dig-holes', this.path(name)]);
    }
  }

  get image(): BundledImage {
    return {
      name: 'small',
      distribution: 'Debian GNU/Linux 12 (bookworm)',
      kernelVersion: '6.1.0-56-cloud-amd64',
      diskBytes: statSync(this.path('root.ext4')).size,
      bootArguments: ['net.ifnames=0', 'quiet'],
      provenance: { sources: [{ uri: 'http://mirror.example/debian', suite: 'bookworm' }] },
    };
  }

  get target(): string {
    return this.path('small.banger.tar.zst');
  }

  /** To `path`, or `target`. */
  write({
    path = this.target,
    ...options
  }: Partial<WriteBundleRequest> & { path?: string } = {}): Promise<BundleManifest> {
    return this.bundles.write({
      files: FILES.map((name) => ({ name, path: this.path(name) })),
      image: this.image,
      target: createWriteStream(path),
      signal: new AbortController().signal,
      ...options,
    });
  }

  async emptyDirectory(): Promise<string> {
    const path = this.path(`into-${(this.#directories += 1)}`);
    await mkdir(path);
    return path;
  }

  async manifest(): Promise<BundleManifest> {
    const files = await Promise.all(
      FILES.map(async (name) => ({
        name,
        sizeBytes: statSync(this.path(name)).size,
        digest: await sparseDigest(this.path(name), this.runner),
      })),
    );
    return { version: 1, writtenBy: '0.1.0', image: this.image, files };
  }

  holes(path: string): Promise<unknown> {
    return dataExtents(path, this.runner);
  }
}

export interface Entry {
  readonly header: Partial<Header> & { readonly name: string };
  readonly data?: Buffer | string;
}

/** An archive of whatever entries. */
export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { header, data = '' } of entries) archive.entry({ mtime: new Date(0), ...header }, data);
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

export function compressed(data: Buffer): Buffer {
  return zstdCompressSync(data);
}

/** Bytes without zeroes, the same for the same seed. */
export function bytes(length: number, seed: number): Buffer {
  const random = new Random(seed);
  return Buffer.from(Array.from({ length }, () => 1 + random.below(255)));
}

export function same(one: string, other: string): boolean {
  return readFileSync(one).equals(readFileSync(other));
}

function makeFilesystem(path: string, sizeBytes: number, content?: string): void {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  execFileSync(
    'mke2fs',
    ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', ...(content ? ['-d', content] : []), path],
    {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: 'ignore',
    },
  );
}
