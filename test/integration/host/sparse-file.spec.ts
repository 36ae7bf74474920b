import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeProcessRunner } from '../../../src/core/process/index.js';
import { sparseDigest } from '../../../src/host/disk/sparse-file.adapter.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const BLOCK = 64 * KIB;

type Part = readonly [offset: number, data: Buffer];

const runner = new NodeProcessRunner();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-digest-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function make(name: string, parts: readonly Part[], sizeBytes = 8 * MIB): string {
  const path = join(directory, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, sizeBytes);
  for (const [offset, data] of parts) writeSync(file, data, 0, data.length, offset);
  closeSync(file);
  return path;
}

function digestOf(parts: readonly Part[], sizeBytes?: number): Promise<string> {
  return sparseDigest(make('file', parts, sizeBytes), runner);
}

/** What it is by its definition, of every byte of the file. */
function plainDigest(path: string): string {
  const content = readFileSync(path);
  const hash = createHash('sha256');
  for (let at = 0; at < content.length; at += BLOCK) {
    const block = content.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) continue;
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(at / BLOCK));
    hash.update(number).update(block);
  }
  return hash.digest('hex');
}

describe('the digest of a file with holes', () => {
  it('is the same for a copy with other holes', async () => {
    const parts: Part[] = [
      [0, randomBytes(10)],
      [MIB - 5, randomBytes(2.5 * MIB)],
      [5 * MIB, Buffer.alloc(MIB)],
      [7 * MIB + 123, randomBytes(100)],
    ];
    const path = make('file', parts, 8 * MIB + 77);
    const digest = await sparseDigest(path, runner);
    const allocated: number[] = [];
    for (const how of ['always', 'never']) {
      const copy = join(directory, how);
      execFileSync('cp', [`--sparse=${how}`, '--reflink=never', path, copy]);
      execFileSync('sync', [copy]);
      allocated.push(statSync(copy).blocks * 512);
      expect(await sparseDigest(copy, runner), how).toBe(digest);
    }
    expect(allocated[0], 'they do have other holes').toBeLessThan(4 * MIB);
    expect(allocated[1]).toBeGreaterThan(8 * MIB);
  });

  it('is that of all its blocks that are not zero, by a fixed seed', async () => {
    let seed = 7;
    const next = (max: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % max;
    };
    for (let round = 0; round < 15; round += 1) {
      const sizeBytes = 4 * MIB + next(2) * next(BLOCK);
      const parts = Array.from({ length: next(12) }, (): Part => {
        const offset = next(sizeBytes);
        const length = Math.min(sizeBytes - offset, 1 + next([10, BLOCK, 2 * MIB][next(3)] ?? 1));
        return [offset, Buffer.alloc(length, next(4))];
      });
      const path = make(`round-${round}`, parts, sizeBytes);
      expect(await sparseDigest(path, runner), `round ${round}`).toBe(plainDigest(path));
    }
  });

  it('sees a single byte wherever it is', async () => {
    const places = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, MIB - 1, MIB, 3 * MIB + 4097, 8 * MIB - 1];
    const digests = await Promise.all(
      places.map((place) => sparseDigest(make(`at-${place}`, [[place, Buffer.from('x')]]), runner)),
    );
    expect(new Set([...digests, await digestOf([])]).size).toBe(places.length + 1);
  });

  const block = randomBytes(BLOCK);
  const flipped = Buffer.from(block);
  flipped[4711] = (flipped[4711] ?? 0) ^ 1;
  it.each<[string, Part[]]>([
    ['moved on by a block', [[MIB + BLOCK, block]]],
    ['moved on by a byte', [[MIB + 1, block]]],
    [
      'there twice',
      [
        [MIB, block],
        [5 * MIB, block],
      ],
    ],
    ['flipped in one bit', [[MIB, flipped]]],
    [
      'followed by one byte after a hole',
      [
        [MIB, block],
        [6 * MIB + 12_345, Buffer.from('x')],
      ],
    ],
    ['gone', []],
  ])('is another when a block is %s', async (_what, parts) => {
    const digest = await digestOf([[MIB, block]]);
    expect(await digestOf(parts)).not.toBe(digest);
    expect(await digestOf([[MIB, block]])).toBe(digest);
  });

  it('does not tell how long the hole is: of an empty file it is that of any other without data', async () => {
    const nothing = createHash('sha256').digest('hex');
    expect([await digestOf([], 0), await digestOf([], 3 * MIB + 1)]).toEqual([nothing, nothing]);
    expect(await digestOf([[0, Buffer.alloc(MIB)]], MIB), 'zeroes that are written').toBe(nothing);
  });

  it('cannot be had of a file that is not there', async () => {
    await expect(sparseDigest(join(directory, 'gone'), runner)).rejects.toMatchObject({
      kind: 'PROCESS_FAILED',
      why: 'No such file or directory',
    });
  });
});
