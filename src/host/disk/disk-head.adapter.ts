import { open } from 'node:fs/promises';
import { BaseDiskDamagedError } from '../host.errors.js';
import type { Disk } from './disk-backend.js';

/** The first bytes of a qcow2 file; its corrupt bit stands within. */
const HEADER_BYTES = 104;
const QCOW2_MAGIC = 0x51_46_49_fb;
const SIZE_AT = 24;
const INCOMPATIBLE_FEATURES_AT = 72;
/** QEMU sets it when it finds the file's own tables damaged, and refuses to write from then on */
const CORRUPT_BIT = 2n;

/** Size that a guest sees of a qcow2 disk, `bytes`, by its header. @throws BaseDiskDamagedError */
export async function qcow2Size(path: string): Promise<number> {
  const header = await readHeader(path);
  const problem = typeof header === 'string' ? header : headerProblem(header);
  if (problem !== undefined || typeof header === 'string')
    throw new BaseDiskDamagedError(path, problem ?? '');
  return Number(header.readBigUInt64BE(SIZE_AT));
}

/** What is wrong with the head of a disk's file; undefined when nothing is. A few bytes are read; a raw disk has no head. */
export async function headProblem({ path, format }: Disk): Promise<string | undefined> {
  if (format !== 'qcow2') return undefined;
  const header = await readHeader(path);
  return typeof header === 'string' ? header : headerProblem(header);
}

/** What is wrong, in words, when there is none. */
async function readHeader(path: string): Promise<Buffer | string> {
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
      return bytesRead < HEADER_BYTES ? 'it is cut short' : header;
    } finally {
      await file.close();
    }
  } catch (error) {
    return `it cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}

function headerProblem(header: Buffer): string | undefined {
  if (header.readUInt32BE(0) !== QCOW2_MAGIC) return 'it does not begin as a qcow2 file does';
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) return 'its header is damaged';
  if (version === 3 && (header.readBigUInt64BE(INCOMPATIBLE_FEATURES_AT) & CORRUPT_BIT) !== 0n)
    return 'QEMU has marked it as corrupt';
  return undefined;
}
