import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../core/errors/index.js';
import type { CopyJob } from './copy-job.js';
import { sendFile, sendStream } from './send-file.js';

/** A copy into a guest, whose program ends as the test says. */
function copy(stream: Readable): {
  job: CopyJob;
  said: string[];
  asked: string[];
  ended: PromiseWithResolvers<void>;
} {
  const said: string[] = [];
  const asked: string[] = [];
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => undefined);
  const stdin = new PassThrough();
  stdin.resume().once('end', () => ended.resolve());
  const channel = { stdin, stdout: new PassThrough(), exited: ended.promise, close: async () => undefined };
  let bytes = 0;
  const job = {
    request: { direction: 'in', vm: 'web', sources: ['x'], target: '/x' },
    files: { read: () => stream, source: () => ({ size: 5, modified: '0.000000000' }) },
    guest: {
      signal: new AbortController().signal,
      begin: async () => ({ channel, done: () => ended.promise }),
      ask: async ({ task }: { task: string }) => {
        asked.push(task);
        return task === 'look' ? '/x\0/.x.banger-part\0\0\0' : '';
      },
    },
    progress: {
      begin: () => undefined,
      add: (more: number) => (bytes += more),
      note: (text: string) => void said.push(text),
      get bytes() {
        return bytes;
      },
    },
  } as unknown as CopyJob;
  return { job, said, asked, ended };
}

describe('what comes on stdin', () => {
  it('is in the guest at its end', async () => {
    const stream = Readable.from([Buffer.from('typed')]);
    const { job, asked } = copy(stream);
    expect(await sendStream(job, stream)).toEqual({ bytes: 5 });
    expect(asked).toEqual(['look', 'finish']);
  });

  // It went on waiting for a keyboard that gave nothing more.
  it('is given up when the copy is cancelled, or the guest’s side fails', async () => {
    const stdin = new PassThrough();
    stdin.write('typed');
    const { job, said, asked, ended } = copy(stdin);
    const copying = sendStream(job, stdin);
    setImmediate(() => ended.reject(new CancelledError('the copy')));
    await expect(copying).rejects.toMatchObject({ kind: 'CANCELLED' });
    expect([asked, stdin.destroyed]).toEqual([['look'], true]);
    expect(said).toEqual([expect.stringMatching(/kept in web:\/\.x\.banger-part; .* is not gone on with/)]);
  });

  it('is not there where the guest’s side took less of it', async () => {
    const stdin = new PassThrough();
    const { job, asked, ended } = copy(stdin);
    setImmediate(() => ended.resolve());
    await expect(sendStream(job, stdin)).rejects.toMatchObject({ kind: 'COPY_REFUSED' });
    expect(asked).toEqual(['look']);
  });
});

it('a file that cannot be read fails with why, and is gone on with', async () => {
  const stream = new PassThrough();
  stream.destroy(new Error('EIO'));
  const { job, said } = copy(stream);
  const source = { is: 'file', size: 5, sparse: false, mode: 0o644, modified: '0.000000000' } as const;
  await expect(sendFile(job, 'x', source)).rejects.toThrow('EIO');
  expect(said).toEqual([expect.stringMatching(/the same command goes on from there/)]);
});
