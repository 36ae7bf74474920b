import { packedSource } from '../../contract/copy-archive.js';
import { saysDiskFull } from '../../core/errors/index.js';
import { bytesOfText } from '../../core/text-bytes.js';
import { ArchiveSieve } from './archive-sieve.js';
import { CopyRefusedError, HostCopyFailedError, HostDiskFullError } from './copy.errors.js';
import { noteRemarks, noteSkipped } from './copy-job.js';
import type { CopyJob, CopyResult } from './copy-job.js';
import type { GuestStep } from './guest-side.js';
import type { Staging } from './host-files.js';
import { end, write } from './pump.js';
import type { Placement } from './target-rules.js';

/** More than a VM can hold comes from none that is honest. */
export interface ArchiveBounds {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

interface Incoming {
  readonly step: GuestStep;
  readonly stream: AsyncIterable<Buffer>;
  readonly placement: Placement;
  readonly contents: boolean;
  readonly bounds: ArchiveBounds;
}

/**
 * What the guest sends is unpacked into a new directory, where no link of an earlier copy can lead out of it, and moved to
 * its place when all of it is there.
 */
export async function receiveArchive(job: CopyJob, incoming: Incoming): Promise<CopyResult> {
  const { placement, contents, bounds, step } = incoming;
  const staging = await job.files.stage(placement.into);
  try {
    const tops = topsOf(job.request.sources);
    const sieve = new ArchiveSieve({ ...bounds, permissionsOnly: true, ...(tops !== undefined && { tops }) });
    await unpack(job, incoming, { staging, sieve });
    noteRemarks(job, await step.done());
    noteSkipped(job, sieve);
    if (sieve.entries === 0) throw new CopyRefusedError('there was nothing in it that can be copied');
    checkStaged(staging, tops);
    staging.place(placement, { contents });
    const { contentBytes: bytes, entries, skipped } = sieve;
    return { bytes, entries, ...(skipped > 0 && { skipped }) };
  } finally {
    await staging.remove();
  }
}

/** Names of the sources, in latin1; undefined where what is in one was asked for, under whatever names that has. */
function topsOf(sources: readonly string[]): ReadonlySet<string> | undefined {
  const names = sources.map((path) => packedSource(path).name);
  const tops = names.flatMap((name) => (name === undefined ? [] : [bytesOfText(name).toString('latin1')]));
  return tops.length === names.length ? new Set(tops) : undefined;
}

/** A second wall: what tar has made of the archive, whatever the sieve took that to be. */
function checkStaged(staging: Staging, tops: ReadonlySet<string> | undefined): void {
  if (tops === undefined || staging.names().every((name) => tops.has(name.toString('latin1')))) return;
  throw new CopyRefusedError('tar made something of the archive that was not asked for');
}

async function unpack(
  job: CopyJob,
  { step, stream, placement }: Incoming,
  { staging, sieve }: { staging: Staging; sieve: ArchiveSieve },
): Promise<void> {
  const tar = job.files.unpack(staging.directory);
  try {
    let taken = true;
    for await (const chunk of stream) {
      for (const piece of sieve.pass(chunk)) taken &&= await write(tar.stdin, piece);
      if (!taken) break;
      job.progress.add(chunk.length);
    }
    if (taken) {
      // the guest's own failure before what it makes of the archive
      await step.done();
      await write(tar.stdin, sieve.finish());
      await end(tar.stdin);
    }
    const { exitCode, stderrTail } = await tar.ended;
    if (exitCode === 0 && taken) return;
    if (saysDiskFull(stderrTail)) throw new HostDiskFullError(placement.into);
    throw new HostCopyFailedError('writing the files on this host', 'tar --extract', { stderrTail });
  } finally {
    tar.kill();
    await tar.ended.catch(() => undefined);
  }
}
