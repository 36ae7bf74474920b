import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { BundleManifest } from '../../../../src/image/catalog/bundle-manifest.js';
import type { ReadBundleRequest } from '../../../../src/image/catalog/bundles.js';
import { BundleBench, FILES } from './bundle-bench.js';
import type { Entry } from './bundle-bench.js';

export const KERNEL = 1;
export const ROOT = 3;

/** Makes bundles that differ in one thing from one that is as it should be, and has them read. */
export class HostileBundles {
  private constructor(
    readonly bench: BundleBench,
    readonly manifest: BundleManifest,
    /** of the one that is as it should be, none of them sparse */
    readonly entries: readonly Entry[],
  ) {}

  static async open(): Promise<HostileBundles> {
    const bench = new BundleBench();
    bench.makeTinyImage();
    const manifest = await bench.manifest();
    return new HostileBundles(bench, manifest, [
      { header: { name: 'manifest.json' }, data: JSON.stringify(manifest) },
      ...FILES.map((name) => ({ header: { name }, data: readFileSync(bench.path(name)) })),
    ]);
  }

  replaced(at: number, ...others: Entry[]): Entry[] {
    return this.entries.toSpliced(at, 1, ...others);
  }

  withManifest(changes: object): Entry[] {
    return this.replaced(0, {
      header: { name: 'manifest.json' },
      data: JSON.stringify({ ...this.manifest, ...changes }),
    });
  }

  withImage(changes: object): Entry[] {
    return this.withManifest({ image: { ...this.manifest.image, ...changes } });
  }

  withFile(at: number, changes: object): Entry[] {
    return this.withManifest({
      files: this.manifest.files.map((file, index) => (index === at ? { ...file, ...changes } : file)),
    });
  }

  sparseRoot(map: Buffer | string, dataBytes: number, records: Record<string, string> = {}): Entry[] {
    const pax = {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 'root.ext4',
      'GNU.sparse.realsize': '200000',
      ...records,
    };
    const data = Buffer.concat([Buffer.from(map), Buffer.alloc(dataBytes, 'x')]);
    return this.replaced(ROOT, { header: { name: 'root.ext4', pax }, data });
  }

  async read(bundle: Buffer, options: Partial<ReadBundleRequest> = {}): Promise<BundleManifest> {
    const source = this.bench.path('hostile.banger.tar.zst');
    writeFileSync(source, bundle);
    const into = await this.bench.emptyDirectory();
    const around = readdirSync(this.bench.directory);
    try {
      return await this.bench.bundles.read({
        source,
        into,
        signal: new AbortController().signal,
        ...options,
      });
    } catch (error) {
      expect(readdirSync(into)).toEqual([]);
      expect(readdirSync(this.bench.directory)).toEqual(around);
      throw error;
    }
  }

  async refusal(bundle: Buffer, options: Partial<ReadBundleRequest> = {}): Promise<string> {
    const error = await this.read(bundle, options).then(
      () => undefined,
      (reason: unknown) => reason as { kind: string; why: string; fix: string },
    );
    expect(error).toMatchObject({ kind: 'IMAGE_BUNDLE_INVALID', fix: expect.stringMatching(/./) });
    return `${error?.why}; ${error?.fix}`;
  }
}

/** A header of 512 bytes, whose checksum is right. */
export function rawHeader(name: string, type: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(`${size.toString(8).padStart(11, '0')} `, 124);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}
