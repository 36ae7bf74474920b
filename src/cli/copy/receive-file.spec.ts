import { PassThrough, Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CopyJob } from './copy-job.js';
import { receiveFile, receiveStream } from './receive-file.js';
import type { GuestSource } from './source-facts.js';

const CHUNK = Buffer.alloc(1000);
const FILE: GuestSource = { is: 'file', size: 5000, mode: 0o644, allocated: 5000, modified: '0.000000000' };

/** Takes so many chunks, and fails: as a file of the host's does, which closes itself not. */
function failing(code: string, chunks = 2): Writable {
  let left = chunks;
  return new Writable({
    autoDestroy: false,
    highWaterMark: CHUNK.length,
    write: (chunk: Buffer, _encoding, next) => {
      left -= chunk.length > 0 ? 1 : 0;
      setImmediate(() => next(left < 0 ? Object.assign(new Error(code), { code }) : null));
    },
  });
}

/** A job whose guest sends the file. */
function job(append?: Writable): CopyJob & { said: string[] } {
  const said: string[] = [];
  const channel = (): unknown => {
    const stdout = Readable.from(Array.from({ length: FILE.size / CHUNK.length }, () => CHUNK));
    return { stdin: new PassThrough(), stdout, close: async () => undefined };
  };
  const part = {
    ...{ path: '.x.banger-part', size: 0, append: () => append },
    ...{ finish: () => void said.push('finished'), release: () => void said.push('released') },
  };
  return {
    request: { direction: 'out', vm: 'web', sources: ['x'], target: 'x' },
    files: { part: async () => part, freeBytes: () => 1e9 },
    guest: { begin: async () => ({ channel: channel(), done: async () => '' }) },
    progress: { begin: () => undefined, add: () => undefined, note: () => undefined, bytes: FILE.size },
    said,
  } as unknown as CopyJob & { said: string[] };
}

describe('a large file for this host', () => {
  // A stream that has failed and is not destroyed never ends: the copy waited for ever.
  it.each(['ENOSPC', 'EDQUOT'])('fails when its disk takes no more: %s', async (code) => {
    const copying = job(failing(code));
    await expect(receiveFile(copying, FILE, 'x')).rejects.toMatchObject({ kind: 'DISK_FULL' });
    expect(copying.said).toEqual(['released']);
  });

  it('fails when the last of it is not taken', async () => {
    await expect(receiveFile(job(failing('EIO', 4)), FILE, 'x')).rejects.toThrow('EIO');
  });

  it('is finished when all of it is taken', async () => {
    const copying = job(failing('EIO', 5));
    await receiveFile(copying, FILE, 'x');
    expect(copying.said).toEqual(['finished', 'released']);
  });
});

describe('a file for stdout', () => {
  // `vm cp VM:FILE - > /dev/full` ended with 0. What was wrong is told by run-cli.ts, for all commands.
  it.each([0, 2, 4])('fails when only %i parts of it are taken', async (chunks) => {
    for (const code of ['ENOSPC', 'EIO', 'EPIPE'])
      expect(await receiveStream(job(), FILE, failing(code, chunks))).toBeUndefined();
    expect(await receiveStream(job(), FILE, failing('EPIPE', 5))).toEqual({ bytes: FILE.size });
  });
});
