import { packedSource } from '../../contract/copy-archive.js';
import type { CopySourceKind } from '../../contract/names.js';
import { UsageError } from '../usage-error.js';
import { ArchiveSieve } from './archive-sieve.js';
import { HostCopyFailedError, HostSourceNotFoundError } from './copy.errors.js';
import { noteRemarks, noteSkipped, RESUMABLE_FROM } from './copy-job.js';
import type { CopyJob, CopyResult } from './copy-job.js';
import type { GuestStep } from './guest-side.js';
import type { HostSource, TarRun } from './host-files.js';
import { end, write } from './pump.js';
import { sendFile } from './send-file.js';

/** Files of this host into the VM. @throws BangerError */
export async function copyIn(job: CopyJob): Promise<CopyResult> {
  const { sources, target } = job.request;
  const found = sources.map((path) => sourceAt(job, path));
  const [only] = found;
  const [path = ''] = sources;
  const large = only?.is === 'file' && only.size >= RESUMABLE_FROM && !only.sparse;
  if (found.length === 1 && only !== undefined && large) return await sendFile(job, path, only);
  const { name } = packedSource(path);
  if (found.length === 1 && only?.is === 'file' && !only.sparse) job.progress.begin(only.size);
  const mark = `.banger-end-${Math.random().toString(36).slice(2).padEnd(8, '0')}`;
  const step = await job.guest.begin({
    task: 'unpack',
    paths: [target],
    kind: kindOf(found, name),
    mark,
    ...(found.length === 1 && name !== undefined && { name }),
  });
  const tar = job.files.pack(sources);
  try {
    return await sendArchive(job, { step, tar, mark });
  } finally {
    tar.kill();
    await step.channel.close();
  }
}

/** The guest moves nothing to its place before the mark, which tells that tar here has read everything. */
async function sendArchive(
  job: CopyJob,
  { step, tar, mark }: { step: GuestStep; tar: TarRun; mark: string },
): Promise<CopyResult> {
  const { stdin, stdout } = step.channel;
  stdout.resume();
  const sieve = new ArchiveSieve({ permissionsOnly: false, maxBytes: Infinity, maxEntries: Infinity });
  let taken = true;
  for await (const chunk of tar.stream) {
    for (const piece of sieve.pass(chunk as Buffer)) taken &&= await write(stdin, piece);
    if (!taken) break;
    job.progress.add((chunk as Buffer).length);
  }
  if (taken) {
    const { exitCode, stderrTail } = await tar.ended;
    // 1: a file was changed, or became shorter, while it was read
    if (exitCode !== 0 && exitCode !== 1)
      throw new HostCopyFailedError('reading the files of this host', 'tar --create', { stderrTail });
    noteRemarks(job, stderrTail);
    await write(stdin, sieve.finish(mark));
    await end(stdin);
  }
  await step.done();
  noteSkipped(job, sieve);
  const { contentBytes: bytes, entries, skipped } = sieve;
  return { bytes, entries, ...(skipped > 0 && { skipped }) };
}

function sourceAt({ files }: CopyJob, path: string): HostSource {
  const found = files.source(path);
  if (found === undefined) throw new HostSourceNotFoundError(path);
  if (found.is === 'special')
    throw new UsageError(
      `${path} is no file, directory or link`,
      'a stream can be sent as stdin, for which "-" stands',
    );
  return found;
}

function kindOf(found: readonly HostSource[], name: string | undefined): CopySourceKind {
  if (found.length > 1) return 'several';
  if (name === undefined) return 'contents';
  return found[0]?.is === 'directory' ? 'directory' : 'file';
}
