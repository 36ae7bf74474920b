import { packedSource } from '../../contract/copy-archive.js';
import type { CopySourceKind } from '../../contract/names.js';
import { UsageError } from '../usage-error.js';
import type { Terminal } from '../io/terminal.js';
import { STANDARD_STREAM } from './copy-ends.js';
import { HostDiskFullError, HostTargetInvalidError } from './copy.errors.js';
import { RESUMABLE_FROM } from './copy-job.js';
import type { CopyJob, CopyResult } from './copy-job.js';
import { receiveArchive } from './receive-archive.js';
import type { ArchiveBounds } from './receive-archive.js';
import { receiveFile, receiveStream } from './receive-file.js';
import { chunksOf, continued, readAnnouncement } from './source-facts.js';
import type { Announcement } from './source-facts.js';
import { decidePlace, join } from './target-rules.js';
import type { Placement } from './target-rules.js';

/** Files of the VM onto this host. @returns undefined when stdout takes no more @throws BangerError */
export async function copyOut(
  job: CopyJob,
  bounds: ArchiveBounds,
  terminal: Terminal,
): Promise<CopyResult | undefined> {
  const { sources, target } = job.request;
  const toStream = target === STANDARD_STREAM;
  const step = await job.guest.begin({
    task: 'pack',
    paths: [...sources],
    limit: toStream ? 0 : RESUMABLE_FROM,
  });
  try {
    step.channel.stdin.end();
    const chunks = chunksOf(step.channel.stdout);
    const announced = await readAnnouncement(chunks, sources.length);
    // it failed, and says why; or else what it says is too short
    if (announced === undefined) await step.done();
    const { placement, contents } = decide(job, announced, toStream);
    const [file] = announced?.sources ?? [];
    if (announced?.follows === 'file' && file !== undefined) {
      await step.done();
      if (toStream) return await receiveStream(job, file, terminal.stdout);
      const name = placement.as ?? packedSource(sources[0] ?? '').name ?? '';
      return await receiveFile(job, file, join(placement.into, name));
    }
    checkRoom(job, announced, placement);
    const stream = continued(announced?.rest ?? Buffer.alloc(0), chunks);
    return await receiveArchive(job, { step, stream, placement, contents, bounds });
  } finally {
    await step.channel.close();
  }
}

interface Decided {
  readonly placement: Placement;
  readonly contents: boolean;
}

function decide(job: CopyJob, announced: Announcement | undefined, toStream: boolean): Decided {
  const { sources, target } = job.request;
  const special = announced?.sources.findIndex(({ is }) => is === 'special') ?? -1;
  if (special >= 0)
    throw new UsageError(
      `${sources[special]} is no file, directory or link`,
      `what it gives can be had by: banger vm exec ${job.request.vm} -- cat`,
    );
  if (toStream) {
    if (announced?.follows !== 'file')
      throw new UsageError(
        'only a file can go to stdout',
        'name a file, or a directory of this host as the target',
      );
    return { placement: { into: '.', as: undefined }, contents: false };
  }
  const { name } = packedSource(sources[0] ?? '');
  const kind = kindOf(announced, name);
  const decision = decidePlace({ path: target, kind, name }, (path) => job.files.look(path));
  if ('refused' in decision) throw new HostTargetInvalidError(target, decision.refused);
  return { placement: decision, contents: kind === 'contents' };
}

function kindOf(announced: Announcement | undefined, name: string | undefined): CopySourceKind {
  if (announced?.sources.length !== 1) return 'several';
  if (name === undefined) return 'contents';
  return announced.sources[0]?.is === 'directory' ? 'directory' : 'file';
}

/** Of one file it is known beforehand. */
function checkRoom(job: CopyJob, announced: Announcement | undefined, { into }: Placement): void {
  const [file] = announced?.sources ?? [];
  if (announced?.sources.length !== 1 || file?.is !== 'file') return;
  job.progress.begin(Math.min(file.size, file.allocated));
  if (Math.min(file.size, file.allocated) > job.files.freeBytes(into)) throw new HostDiskFullError(into);
}
