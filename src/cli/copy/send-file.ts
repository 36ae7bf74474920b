import type { Readable } from 'node:stream';
import { packedSource } from '../../contract/copy-archive.js';
import { formatBytes } from '../render/text.js';
import { CopyRefusedError, HostCopyFailedError } from './copy.errors.js';
import type { CopyJob, CopyResult } from './copy-job.js';
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
  if (offset < source.size) await append(job, guest, { stream: job.files.read(path, offset), offset });
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
  await append(job, guest, { stream, offset: 0 });
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

async function append(
  { guest, progress, request }: CopyJob,
  { target, part }: GuestTarget,
  { stream, offset }: { stream: Readable; offset: number },
): Promise<void> {
  const { channel, done } = await guest.begin({ task: 'write', paths: [target], offset });
  channel.stdout.resume();
  try {
    for await (const chunk of stream) {
      if (!(await write(channel.stdin, chunk as Buffer))) break;
      progress.add((chunk as Buffer).length);
    }
    if (!guest.signal.aborted) await end(channel.stdin);
    await done();
  } catch (error) {
    progress.note(`what has arrived is kept in ${request.vm}:${part}; the same command goes on from there`);
    throw error;
  } finally {
    stream.destroy();
    await channel.close();
  }
}
