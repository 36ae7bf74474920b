import { describe, expect, it } from 'vitest';
import type { DiskReader } from './disk-reader.js';
import { Ext4Fault } from './ext4-fault.js';
import { readExtents } from './extents.js';

const BLOCK = 1024;

function node(depth: number, entries: readonly (readonly [number, number, number])[], bytes = 60): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUInt16LE(0xf30a, 0);
  buffer.writeUInt16LE(entries.length, 2);
  buffer.writeUInt16LE(depth, 6);
  for (const [index, [first, count, at]] of entries.entries()) {
    const offset = 12 + index * 12;
    buffer.writeUInt32LE(first, offset);
    if (depth > 0) buffer.writeUInt32LE(at, offset + 4);
    else {
      buffer.writeUInt16LE(count, offset + 4);
      buffer.writeUInt32LE(at, offset + 8);
    }
  }
  return buffer;
}

/** A disk that has these nodes, by their block. */
function disk(nodes: Readonly<Record<number, Buffer>> = {}): DiskReader {
  const read = (offset: number): Promise<Buffer> =>
    Promise.resolve(nodes[offset / BLOCK] ?? Buffer.alloc(BLOCK));
  return { size: 2 ** 30, read, close: () => Promise.resolve() };
}

describe('the extents of a file', () => {
  it('are those of all leaves, joined where they go on, without what was only set aside', async () => {
    const leaves = {
      7: node(
        0,
        [
          [0, 2, 100],
          [2, 1, 102],
        ],
        BLOCK,
      ),
      8: node(
        0,
        [
          [10, 32_768 + 5, 200],
          [20, 32_768, 300],
        ],
        BLOCK,
      ),
    };
    const root = node(1, [
      [0, 0, 7],
      [10, 0, 8],
    ]);
    expect(await readExtents(root, disk(leaves), BLOCK)).toEqual([
      { first: 0, count: 3, at: 100 },
      { first: 20, count: 32_768, at: 300 },
    ]);
  });

  it.each<[string, Buffer, Record<number, Buffer>]>([
    ['no list', Buffer.alloc(60), {}],
    ['more entries than there is room for', Object.assign(node(0, []), { 2: 5 }), {}],
    ['a list in itself', node(1, [[0, 0, 7]]), { 7: node(1, [[0, 0, 7]], BLOCK) }],
    ['lists too deep', node(6, [[0, 0, 7]]), {}],
    [
      'an order that goes back',
      node(0, [
        [5, 2, 1],
        [6, 1, 9],
      ]),
      {},
    ],
    ['an extent of nothing', node(0, [[5, 0, 1]]), {}],
  ])('are refused with %s', async (_, root, nodes) => {
    await expect(readExtents(root, disk(nodes), BLOCK)).rejects.toBeInstanceOf(Ext4Fault);
  });
});
