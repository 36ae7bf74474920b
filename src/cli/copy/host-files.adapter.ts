import { createReadStream, lstatSync, statSync, statfsSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { PACK_OPTIONS, packedMembers, UNPACK_OPTIONS } from '../../contract/copy-archive.js';
import { bytesOfText } from '../../core/text-bytes.js';
import type { ProcessFacts } from '../invocation.js';
import { digestOf } from './digest.adapter.js';
import { HostFiles } from './host-files.js';
import type { HostSource, PartFile, Staging, TarRun } from './host-files.js';
import { openPart } from './part-file.adapter.js';
import { stage } from './staging.adapter.js';
import { runTar } from './tar.adapter.js';
import type { Found } from './target-rules.js';

const READ_BYTES = 256 * 1024;

export class HostFilesAdapter extends HostFiles {
  constructor(private readonly facts: ProcessFacts) {
    super();
  }

  override look(path: string): Found {
    const bytes = bytesOfText(path);
    const itself = lstatSync(bytes, { throwIfNoEntry: false });
    const there = statSync(bytes, { throwIfNoEntry: false });
    const link = itself?.isSymbolicLink() === true;
    if (there === undefined) return { is: 'nothing', link };
    return { is: there.isDirectory() ? 'directory' : 'other', link };
  }

  override source(path: string): HostSource | undefined {
    const there = lstatSync(path, { throwIfNoEntry: false, bigint: true });
    if (there === undefined) return undefined;
    return {
      is: kindOf(there),
      size: Number(there.size),
      sparse: there.blocks * 512n < there.size - there.size / 8n,
      mode: Number(there.mode) & 0o7777,
      modified: decimal(there.mtimeNs),
    };
  }

  override freeBytes(path: string): number {
    const { bavail, bsize } = statfsSync(bytesOfText(path));
    return bavail * bsize;
  }

  override digest(path: string, bytes: number): Promise<string> {
    return digestOf(path, bytes);
  }

  override read(path: string, offset: number): Readable {
    return createReadStream(path, { start: offset, highWaterMark: READ_BYTES });
  }

  override part(target: string): Promise<PartFile> {
    return openPart(target);
  }

  override stage(into: string): Promise<Staging> {
    return stage(into);
  }

  override pack(sources: readonly string[]): TarRun {
    const child = runTar([...PACK_OPTIONS, ...packedMembers(this.facts.cwd, sources)], this.facts.env);
    child.stdin.end();
    return { ...child, stream: child.stdout };
  }

  override unpack(directory: string): { readonly stdin: Writable } & Omit<TarRun, 'stream'> {
    const child = runTar([...UNPACK_OPTIONS, '-C', directory], this.facts.env);
    child.stdout.resume();
    return child;
  }
}

function kindOf(there: BigIntStats): HostSource['is'] {
  if (there.isFile()) return 'file';
  if (there.isDirectory()) return 'directory';
  return there.isSymbolicLink() ? 'link' : 'special';
}

/** `1700000000.123456789` */
function decimal(nanoseconds: bigint): string {
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return `${(nanoseconds - fraction) / 1_000_000_000n}.${String(fraction).padStart(9, '0')}`;
}
