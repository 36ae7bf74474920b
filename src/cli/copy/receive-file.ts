import type { Writable } from 'node:stream';
import { isDiskFull } from '../../core/errors/index.js';
import { formatBytes } from '../render/text.js';
import { CopyRefusedError, HostDiskFullError } from './copy.errors.js';
import type { CopyJob, CopyResult } from './copy-job.js';
import type { PartFile } from './host-files.js';
import { end, settled, write } from './pump.js';
import type { GuestSource } from './source-facts.js';

/** One large file, by way of a part file beside its target, with which a later copy goes on if this one is interrupted. */
export async function receiveFile(job: CopyJob, file: GuestSource, target: string): Promise<CopyResult> {
  const part = await job.files.part(target);
  try {
    const offset = await beginningOf(job, file, part);
    job.progress.begin(file.size, offset);
    if (file.size - offset > job.files.freeBytes(part.path)) throw new HostDiskFullError(target);
    await fill(job, file, { part, offset, target });
    part.finish(file.mode, file.modified);
    return { bytes: job.progress.bytes, ...(offset > 0 && { resumedFrom: offset }) };
  } finally {
    part.release();
  }
}

/** One file of any size to stdout. @returns undefined when that takes no more; why is told at the end of the command */
export async function receiveStream(
  job: CopyJob,
  file: GuestSource,
  to: Writable,
): Promise<CopyResult | undefined> {
  // By the event: Node's own stdout forgets that it failed.
  let hasFailed = false;
  const failed = (): unknown => (hasFailed = true);
  to.on('error', failed);
  try {
    await read(job, file, { to, offset: 0 });
    await settled(to);
  } finally {
    to.off('error', failed);
  }
  return hasFailed ? undefined : { bytes: job.progress.bytes };
}

/** How much of the file is there already: what there is of it here is compared with the same bytes in the guest. */
async function beginningOf(
  { guest, request, progress }: CopyJob,
  file: GuestSource,
  part: PartFile,
): Promise<number> {
  if (part.size === 0) return 0;
  if (part.size <= file.size) {
    const theirs = await guest.ask({ task: 'digest', paths: [...request.sources], bytes: part.size });
    if (theirs.trim() === (await part.digest())) {
      progress.note(
        `going on where an earlier copy stopped: ${formatBytes(part.size)} of ${formatBytes(file.size)}`,
      );
      return part.size;
    }
  }
  progress.note('what an earlier copy left here is not the beginning of this file; it is copied anew');
  return 0;
}

async function fill(
  job: CopyJob,
  file: GuestSource,
  { part, offset, target }: { part: PartFile; offset: number; target: string },
): Promise<void> {
  const to = part.append(offset);
  to.on('error', () => undefined);
  try {
    await read(job, file, { to, offset });
    await end(to);
    if (to.errored !== null) throw to.errored;
  } catch (error) {
    await end(to);
    job.progress.note(`what has arrived is kept in ${part.path}; the same command goes on from there`);
    throw isDiskFull(to.errored ?? error) ? new HostDiskFullError(target, to.errored ?? error) : error;
  }
}

/** The guest says at the end whether the file is what it was at the beginning. */
async function read(
  { guest, request, progress }: CopyJob,
  { size, modified }: GuestSource,
  { to, offset }: { to: Writable; offset: number },
): Promise<void> {
  const { channel, done } = await guest.begin({
    task: 'read',
    paths: [...request.sources],
    offset,
    bytes: size,
    modified,
  });
  try {
    channel.stdin.end();
    let left = size - offset;
    for await (const chunk of channel.stdout) {
      left -= (chunk as Buffer).length;
      if (left < 0) break;
      if (!(await write(to, chunk as Buffer))) return;
      progress.add((chunk as Buffer).length);
    }
    if (left < 0) throw new CopyRefusedError('the file is longer than the VM had said');
    await done();
    if (left > 0) throw new CopyRefusedError('the file is shorter than the VM had said');
  } finally {
    await channel.close();
  }
}
