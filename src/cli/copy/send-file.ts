import type { Readable } from 'node:stream';
import { packedSource } from '../../contract/copy-archive.js';
import { formatBytes } from '../render/text.js';
import { CopyRefusedError, HostCopyFailedError } from './copy.errors.js';
import type { CopyJob, CopyResult } from './copy-job.js';
import type { GuestStep } from './guest-side.js';
import type { HostSource } from './host-files.js';
import { end, write } from './pump.js';

const DEFAULT_MODE = 0o644;

interface GuestTarget {
  readonly target: string;
  readonly part: string;
  /** of the part that an earlier copy left */
  readonly left: { readonly size: number; readonly digest: string } | undefined;
}

/** One large file, by way of a part file in the guest, with which a later copy goes on if this one is interrupted. */
export async function sendFile(job: CopyJob, path: string, source: HostSource): Promise<CopyResult> {
  const { name = '' } = packedSource(path);
  const guest = await lookAt(job, name);
  const offset = await beginningOf(job, path, source, guest);
  job.progress.begin(source.size, offset);
  const left = 'the same command goes on from there';
  if (offset < source.size) await append(job, guest, { stream: job.files.read(path, offset), offset, left });
  const now = job.files.source(path);
  if (now?.size !== source.size || now.modified !== source.modified)
    throw new HostCopyFailedError('reading the file', 'read', {
      why: `${path} was changed while it was copied`,
    });
  const { size: bytes, mode, modified } = source;
  await job.guest.ask({ task: 'finish', paths: [guest.target], bytes, mode, modified });
  return { bytes: job.progress.bytes, ...(offset > 0 && { resumedFrom: offset }) };
}

/** What comes on stdin, to a name in the VM; its end tells how long it is. */
export async function sendStream(job: CopyJob, stream: Readable): Promise<CopyResult> {
  const guest = await lookAt(job, '');
  const left = 'what comes from stdin is not gone on with: the next copy to that name replaces it';
  await append(job, guest, { stream, offset: 0, left });
  const { bytes } = job.progress;
  const modified = `${(Date.now() / 1000).toFixed(3)}000000`;
  await job.guest.ask({ task: 'finish', paths: [guest.target], bytes, mode: DEFAULT_MODE, modified });
  return { bytes };
}

async function lookAt({ guest, request }: CopyJob, name: string): Promise<GuestTarget> {
  const answer = await guest.ask({ task: 'look', paths: [request.target], ...(name !== '' && { name }) });
  const [target = '', part = '', size = '', digest = '', rest] = answer.split('\0');
  if (rest !== '' || !/^(\d{1,15})?$/.test(size))
    throw new CopyRefusedError('what the VM says of the target cannot be understood');
  return { target, part, left: size === '' ? undefined : { size: Number(size), digest } };
}

/** How much of the file is there already: what the guest has of it is compared with the same bytes here. */
async function beginningOf(
  { files, progress }: CopyJob,
  path: string,
  { size }: HostSource,
  { left }: GuestTarget,
): Promise<number> {
  if (left === undefined || left.size === 0) return 0;
  if (left.size <= size && left.digest === (await files.digest(path, left.size))) {
    progress.note(
      `going on where an earlier copy stopped: ${formatBytes(left.size)} of ${formatBytes(size)}`,
    );
    return left.size;
  }
  progress.note('what an earlier copy left there is not the beginning of this file; it is copied anew');
  return 0;
}

interface Outgoing {
  readonly stream: Readable;
  readonly offset: number;
  /** what becomes of the part when the copy fails */
  readonly left: string;
}

async function append(
  { guest, progress, request }: CopyJob,
  { target, part }: GuestTarget,
  { stream, offset, left }: Outgoing,
): Promise<void> {
  const step = await guest.begin({ task: 'write', paths: [target], offset });
  const { channel, done } = step;
  channel.stdout.resume();
  try {
    const all = await pour(stream, step, (bytes) => progress.add(bytes));
    if (!guest.signal.aborted) await end(channel.stdin);
    await done();
    if (!all) throw new CopyRefusedError('the VM took less than all of it');
  } catch (error) {
    progress.note(`what has arrived is kept in ${request.vm}:${part}; ${left}`);
    throw error;
  } finally {
    stream.destroy();
    await channel.close();
  }
}

/**
 * The stream to the guest. It is given up when the guest's side is over, or the user's patience: what is typed, or comes
 * from a program, may give nothing more for long, and would be waited for.
 * @returns whether all of it was taken
 */
async function pour(
  stream: Readable,
  { channel }: Pick<GuestStep, 'channel'>,
  passed: (bytes: number) => void,
): Promise<boolean> {
  let over = false;
  const giveUp = (): void => {
    over = true;
    stream.destroy();
  };
  channel.exited.then(giveUp, giveUp);
  try {
    for await (const chunk of stream) {
      if (!(await write(channel.stdin, chunk as Buffer))) return false;
      passed((chunk as Buffer).length);
    }
    return true;
  } catch (error) {
    if (over) return false;
    throw error;
  }
}
