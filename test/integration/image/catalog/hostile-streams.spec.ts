import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUNDLE_LIMITS } from '../../../../src/image/catalog/bundles.js';
import { compressed, tarOf } from './bundle-bench.js';
import { HostileBundles, rawHeader, ROOT } from './hostile-bench.js';

let of: HostileBundles;
beforeEach(async () => {
  of = await HostileBundles.open();
});
afterEach(() => {
  of.bench.close();
});

describe('a bundle made by others', () => {
  it('is refused when its headers are not what tar writes', async () => {
    const tar = await tarOf(of.entries);
    const from = tar.indexOf('vmlinux\0');
    const changed = (change: (block: Buffer) => Buffer): Buffer =>
      compressed(
        Buffer.concat([
          tar.subarray(0, from),
          change(tar.subarray(from, from + 512)),
          tar.subarray(from + 512),
        ]),
      );
    expect(await of.refusal(changed((block) => Buffer.from(block).fill('x', 0, 1)))).toMatch(
      /damaged header/,
    );
    expect(await of.refusal(changed((block) => Buffer.from(block).fill('x', 257, 262)))).toMatch(
      /no tar archive/,
    );
    expect(await of.refusal(changed(() => rawHeader('a', 'x', 0o77777777777)))).toMatch(
      /header that is too long/,
    );
    expect(await of.refusal(changed(() => rawHeader('a', 'L', 600)))).toMatch(/not a plain file/);
    expect(await of.refusal(changed(() => rawHeader('a', 'g', 600)))).toMatch(/not a plain file/);
    const extended = Buffer.concat([rawHeader('a', 'x', 0), rawHeader('a', 'x', 0)]);
    expect(await of.refusal(changed((block) => Buffer.concat([extended, block])))).toMatch(
      /two extended headers/,
    );
    for (const records of [
      '9999 a=b\n',
      '6 a=b\n6 a=b\n',
      '0 a=b\n',
      '5 =bc\n',
      '6 a=bc',
      '-6 a=b\n',
      '3 ab\n',
    ]) {
      const pax = Buffer.concat([
        rawHeader('a', 'x', records.length),
        Buffer.from(records.padEnd(512, '\0')),
      ]);
      expect(await of.refusal(changed((block) => Buffer.concat([pax, block]))), records).toMatch(
        /damaged extended/,
      );
    }
    const negative = rawHeader('vmlinux', '0', 3000);
    negative.fill(0xff, 124, 136).write('        ', 148);
    negative.write(
      `${negative
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    expect(await of.refusal(changed(() => negative))).toMatch(/damaged header/);
  });

  it('is refused when anything follows its end', async () => {
    const tar = await tarOf(of.entries);
    const whole = compressed(tar);
    const goesOn = /goes on after its end/;
    expect(await of.refusal(Buffer.concat([whole, Buffer.from('x')]))).toMatch(goesOn);
    expect(await of.refusal(Buffer.concat([whole, whole]))).toMatch(goesOn);
    expect(await of.refusal(Buffer.concat([whole, compressed(Buffer.alloc(0))]))).toMatch(goesOn);
    expect(await of.refusal(compressed(Buffer.concat([tar, Buffer.from('x')])))).toMatch(goesOn);
    expect(await of.refusal(compressed(Buffer.concat([tar, tar])))).toMatch(goesOn);
    expect(await of.refusal(compressed(Buffer.concat([tar, Buffer.alloc(100_000)])))).toMatch(goesOn);
    expect(
      await of.refusal(compressed(Buffer.concat([tar.subarray(0, -512), Buffer.alloc(512, 1)]))),
    ).toMatch(/end is damaged/);
  });

  it('is refused when it is cut off, wherever', async () => {
    const tar = await tarOf(of.entries);
    const whole = compressed(tar);
    for (let part = 0; part < 40; part += 1)
      expect(await of.refusal(whole.subarray(0, Math.floor((whole.length * part) / 40)))).toMatch(
        /ends before it is whole/,
      );
    for (let missing = 1; missing < 20; missing += 1)
      expect(await of.refusal(whole.subarray(0, -missing))).toMatch(/ends before it is whole/);
    for (let missing = 512; missing < tar.length; missing += 20_480)
      expect(await of.refusal(compressed(tar.subarray(0, -missing)))).toMatch(/ends before it is whole/);
  });

  it('is refused when it is not compressed by zstd, or wants much memory', async () => {
    const tar = await tarOf(of.entries);
    expect(await of.refusal(tar)).toMatch(/not compressed by zstd/);
    expect(await of.refusal(execFileSync('gzip', { input: tar }))).toMatch(/not compressed by zstd/);
    const long = execFileSync('zstd', ['-q', '--ultra', '--long=27', '-c'], { input: tar });
    expect(await of.refusal(long)).toMatch(/more memory.*without --long/);
    const best = execFileSync('zstd', ['-q', '-19', '-c'], { input: tar });
    expect(await of.read(best)).toEqual(of.manifest);
  });

  it('is refused when its compressed data are damaged', async () => {
    const whole = compressed(await tarOf(of.entries));
    const middle = Buffer.from(whole);
    middle[middle.length - 3000] = (middle.at(-3000) ?? 0) ^ 0x40;
    await of.refusal(middle);
  });

  it('takes no more room than it may', async () => {
    const whole = compressed(await tarOf(of.entries));
    const limits = { fileBytes: 200_000, dataBytes: 100_000 };
    expect(await of.read(whole, { limits })).toEqual(of.manifest);
    expect(await of.refusal(whole, { limits: { ...limits, fileBytes: 199_999 } })).toMatch(
      /root.ext4 is of 200000 bytes/,
    );
    expect(await of.refusal(whole, { limits: { ...limits, dataBytes: 20_000 } })).toMatch(
      /take more than 20000 bytes/,
    );
  });

  it('that says it is larger than any disk is refused by its manifest alone', async () => {
    const sizeBytes = BUNDLE_LIMITS.fileBytes + 1;
    const image = { ...of.manifest.image, diskBytes: sizeBytes };
    const files = of.manifest.files.map((file) =>
      file.name === 'root.ext4' ? { ...file, sizeBytes } : file,
    );
    expect(await of.refusal(compressed(await tarOf(of.withManifest({ image, files }))))).toMatch(
      /no more than/,
    );
  });

  it('of a gigabyte of zeroes takes neither memory nor disk', async () => {
    const sizeBytes = 1024 ** 3;
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const image = { ...of.manifest.image, diskBytes: sizeBytes };
    const files = of.manifest.files.map((file) =>
      file.name === 'root.ext4' ? { ...file, sizeBytes, digest: empty } : file,
    );
    const others = of.withManifest({ image, files }).toSpliced(ROOT, 1);
    const head = (await tarOf(others)).subarray(0, -1024);
    const pieces: Buffer[] = [];
    await pipeline(
      Readable.from(
        (function* () {
          yield Buffer.concat([head, rawHeader('root.ext4', '0', sizeBytes)]);
          for (let at = 0; at < sizeBytes; at += 1024 ** 2) yield Buffer.alloc(1024 ** 2);
          yield Buffer.alloc(1024);
        })(),
      ),
      createZstdCompress(),
      async (stream: AsyncIterable<Buffer>) => {
        for await (const piece of stream) pieces.push(piece);
      },
    );
    const bomb = Buffer.concat(pieces);
    expect(bomb.length).toBeLessThan(1024 ** 2);
    const before = process.memoryUsage.rss();
    const limits = { fileBytes: sizeBytes, dataBytes: 50_000 };
    expect((await of.read(bomb, { limits })).image.diskBytes).toBe(sizeBytes);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 ** 2);
    expect(existsSync(of.bench.path('into-1/root.ext4'))).toBe(true);
    expect(
      Number(
        execFileSync('du', ['-k', of.bench.path('into-1/root.ext4')])
          .toString()
          .split('\t')[0],
      ),
    ).toBe(0);
  });
});
