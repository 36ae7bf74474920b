import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SmallFilesystem } from '../../../support/small-filesystem.js';
import { sha256 } from '../oci/support/image-layout.js';
import { scratch } from '../oci/support/pull-bench.js';
import { serve } from '../oci/support/scripted-server.js';
import { expectWhole, FILE, open } from './support/download-bench.js';
import type { DownloadBench } from './support/download-bench.js';

const HALF = FILE.length / 2;
const isRoot = process.getuid?.() === 0;

/** Promises more than it sends, then hangs up. */
function breakOff(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-length': FILE.length, etag: '"one"' });
  response.write(FILE.subarray(0, bytes), () => setTimeout(() => response.destroy(), 30));
}

const ranges = ({ server }: DownloadBench): (string | undefined)[] =>
  server.seen.map(({ headers }) => headers.range);

describe('a download', () => {
  it('comes whole, verified, for its owner alone, and tells its progress', async () => {
    const progress: number[] = [];
    const bench = await open((request, response) => serve(FILE, request, response));
    await bench.fetch({ onProgress: (bytes) => progress.push(bytes) });
    await expectWhole(bench);
    expect((await stat(bench.path)).mode & 0o777).toBe(0o600);
    expect(progress.at(-1)).toBe(FILE.length);
  });

  it('that breaks off is gone on with where it was, no byte twice', async () => {
    const bench = await open((request, response, count) =>
      count === 1 ? breakOff(response, HALF) : serve(FILE, request, response),
    );
    await bench.fetch();
    await expectWhole(bench);
    expect(ranges(bench)).toEqual([undefined, `bytes=${HALF}-`]);
    expect(bench.server.seen[1]?.headers['if-range']).toBe('"one"');
  });

  it('that was aborted half-way keeps its part, and goes on with it the next time', async () => {
    const bench = await open((request, response, count) => {
      if (count > 1) return serve(FILE, request, response);
      response.writeHead(200, { 'content-length': FILE.length });
      response.write(FILE.subarray(0, HALF));
    });
    const stop = new AbortController();
    const aborted = bench.fetch({
      signal: stop.signal,
      onProgress: (bytes) => bytes === HALF && stop.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ kind: 'CANCELLED' });
    expect((await stat(`${bench.path}.part`)).size).toBe(HALF);
    await vi.waitFor(() => expect(bench.server.openConnections).toBe(0));
    await bench.fetch();
    await expectWhole(bench);
    expect(ranges(bench)).toEqual([undefined, `bytes=${HALF}-`]);
  });

  it('starts anew when the server knows no ranges', async () => {
    const bench = await open((_, response, count) =>
      count === 1 ? breakOff(response, HALF) : response.writeHead(200).end(FILE),
    );
    await bench.fetch();
    await expectWhole(bench);
  });

  it('starts anew when the server sends another range than it was asked for', async () => {
    const bench = await open((request, response, count) => {
      if (count === 1) return breakOff(response, HALF);
      if (count > 2) return serve(FILE, request, response);
      response.writeHead(206, { 'content-range': `bytes 5-${FILE.length - 1}/${FILE.length}` });
      response.end(FILE.subarray(5));
    });
    await bench.fetch();
    await expectWhole(bench);
    expect(ranges(bench)).toEqual([undefined, `bytes=${HALF}-`, undefined]);
  });

  it('starts anew, once, when the part of an earlier time is of something else', async () => {
    const bench = await open((request, response) => serve(FILE, request, response));
    await bench.fetch();
    await writeFile(`${bench.path}.part`, randomBytes(1000));
    await bench.fetch();
    await expectWhole(bench);
    expect(ranges(bench)).toEqual([undefined, 'bytes=1000-', undefined]);
  });

  it('needs no server when all of it is there already', async () => {
    const bench = await open((_, response) => response.writeHead(500).end());
    await bench.fetch().catch(() => undefined);
    const asked = bench.server.seen.length;
    await writeFile(`${bench.path}.part`, FILE);
    await bench.fetch();
    await expectWhole(bench);
    expect(bench.server.seen).toHaveLength(asked);
  });

  it('takes a 416 for the end when its size is not known, and for a mistake when it is another', async () => {
    const bench = await open((request, response) => serve(FILE, request, response));
    for (const part of [FILE, Buffer.concat([FILE, FILE])]) {
      await bench.fetch().catch(() => undefined);
      await writeFile(`${bench.path}.part`, part);
      await bench.fetchUnsized();
      await expectWhole(bench);
    }
  });

  it.each([
    ['another content', randomBytes(FILE.length), 'its checksum is sha256:'],
    ['more than it should be', Buffer.concat([FILE, FILE]), 'it has 600000 bytes instead of 300000'],
    ['less than it should be', FILE.subarray(0, HALF), 'it has 150000 bytes instead of 300000'],
  ])('of %s is refused at once, and nothing is left', async (_, content, reason) => {
    const bench = await open((request, response) => serve(content, request, response));
    await expect(bench.fetch()).rejects.toMatchObject({
      kind: 'IMAGE_CONTENT_REFUSED',
      details: { part: sha256(FILE), reason: expect.stringContaining(reason) as string },
    });
    expect(bench.server.seen).toHaveLength(1);
    expect(await readdir(join(bench.path, '..'))).toEqual([]);
  });

  it('that never ends is refused at its bound', async () => {
    const bench = await open((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(FILE)) continue;
      };
      response.on('drain', more);
      more();
    });
    await expect(bench.fetchUnsized(700_000)).rejects.toMatchObject({ kind: 'IMAGE_CONTENT_REFUSED' });
    expect(await readdir(join(bench.path, '..'))).toEqual([]);
    await vi.waitFor(() => expect(bench.server.openConnections).toBe(0));
  });

  it('that says to be too large is refused before it comes', async () => {
    const bench = await open((request, response) => serve(FILE, request, response));
    await expect(bench.fetch({ maxBytes: FILE.length - 1 })).rejects.toMatchObject({
      kind: 'IMAGE_CONTENT_REFUSED',
    });
  });
});

describe('the disk', () => {
  it.skipIf(!isRoot)('that is full is named, and gets back what the part took', async () => {
    const directory = join(await scratch(), 'disk');
    const disk = new SmallFilesystem(directory, 4);
    onTestFinished(() => disk.unmount());
    disk.fill(100_000);
    const free = disk.freeBytes;
    const bench = await open((request, response) => serve(FILE, request, response));
    const path = join(directory, 'file');
    await expect(bench.fetch({ path })).rejects.toMatchObject({ kind: 'DISK_FULL', details: { path } });
    expect([existsSync(path), existsSync(`${path}.part`), disk.freeBytes]).toEqual([false, false, free]);
    disk.relieve();
    await bench.fetch({ path });
    expect(sha256(await readFile(path))).toBe(sha256(FILE));
  });

  it('is not written to through a link that lies where the part is to be', async () => {
    const bench = await open((request, response) => serve(FILE, request, response));
    await bench.fetch();
    const victim = join(bench.path, '..', 'victim');
    await writeFile(victim, 'mine');
    await symlink(victim, `${bench.path}.part`);
    await expect(bench.fetch()).rejects.toThrow(/ELOOP/);
    expect(await readFile(victim, 'utf8')).toBe('mine');
  });
});
