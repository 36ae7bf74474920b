import { hostCommits } from '../incoming/host-commits.js';
import type { Quarantine } from '../incoming/quarantine.js';
import type { Git } from '../git/git.js';
import { alternate } from '../git/alternate.js';
import type { WorkspaceFiles } from '../repository/workspace-files.adapter.js';

/** Up to here they become a file each, as git fetch has it: many small packs would make the next gc come sooner. */
const MAX_LOOSE_OBJECTS = 100;
/** `bytes` of a pack that is unpacked: what a full disk cuts off then is no more than this */
const MAX_LOOSE_BYTES = 4 * 1024 * 1024;

/** What is to last is on the disk before a ref leads to it. */
const DURABLE = { 'core.fsync': 'objects,derived-metadata,reference' };

export function durable(git: Git): Git {
  return git.with({ config: DURABLE });
}

/** Commits that the host is to have, and where they are. */
export interface Delivery {
  readonly commits: readonly string[];
  /** a commit that the host has, and they build on */
  readonly base: string | undefined;
  /** a directory of the repository's owner */
  readonly scratch: string;
}

/**
 * Puts what the commits need, and the host lacks, into the object directory of the host's repository: by git, as its
 * owner. Refs are not touched, so that nobody sees anything of it yet.
 */
export async function deliverObjects(
  quarantine: Quarantine,
  files: WorkspaceFiles,
  { commits, base, scratch }: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const { repository } = quarantine;
  const known = await hostCommits(repository, [base], signal);
  const range = Buffer.from([...commits, ...known.map((id) => `^${id}`), ''].join('\n'));
  const path = await packWhatCame(quarantine, range, scratch, signal);
  const pack = await files.openPack(path, repository.git.user);
  const count = await countObjects(quarantine.alone, path, signal);
  if (count > 0) {
    const git = durable(repository.git);
    if (count < MAX_LOOSE_OBJECTS && pack.bytes < MAX_LOOSE_BYTES)
      await git.run(['unpack-objects', '-q', '--strict'], { stdin: pack.stream, signal });
    else await addPack(quarantine, files, pack.stream, signal);
  } else pack.stream.destroy();
  // Again, where they came to lie: what the quarantine saw of the host may be gone, if a gc ran meanwhile.
  await repository.git.run(['rev-list', '--objects', '--quiet', '--stdin'], { stdin: range, signal });
}

async function packWhatCame(
  { git }: Quarantine,
  range: Buffer,
  scratch: string,
  signal: AbortSignal,
): Promise<string> {
  const prefix = `${scratch}/delivery`;
  const options = ['-q', '--revs', '--local', '--delta-base-offset', '--window=0'];
  const hash = await git.run(['pack-objects', ...options, prefix], { stdin: range, signal });
  return `${prefix}-${hash.toString('latin1').trim()}.pack`;
}

/** The number is the third word of the file. */
async function countObjects(git: Git, path: string, signal: AbortSignal): Promise<number> {
  const { stdout } = await git.program('head', ['-c', '12', '--', path], { signal });
  return stdout.readUInt32BE(8);
}

/**
 * A pack as git receive-pack takes one: first into a directory of its own beside the others, which the next gc of git
 * removes if we do not, then moved. So nothing stays of one that a full disk has cut off.
 */
async function addPack(
  { repository: { git, commonDirectory } }: Quarantine,
  files: WorkspaceFiles,
  stdin: Awaited<ReturnType<WorkspaceFiles['openPack']>>['stream'],
  signal: AbortSignal,
): Promise<void> {
  const objects = `${commonDirectory}/objects`;
  const template = `${objects}/tmp_objdir-banger-XXXXXX`;
  const { stdout } = await git.program('mktemp', ['-d', template], { signal });
  const made = stdout.toString('utf8').slice(0, -1);
  try {
    const environment = {
      GIT_OBJECT_DIRECTORY: made,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate(objects),
    };
    const indexing = durable(git).with({ environment });
    const said = await indexing.run(['index-pack', '--stdin', '--strict'], { stdin, signal });
    const name = `pack-${said.toString('latin1').trim().split('\t')[1]}`;
    const written: string[] = [];
    // The index last: with it git begins to use the pack.
    for (const suffix of ['.pack', '.rev', '.idx']) {
      const file = `${made}/pack/${name}${suffix}`;
      if (await files.exists(file)) written.push(file);
    }
    await git.program('mv', ['-n', '--', ...written, `${objects}/pack/`], { signal });
  } finally {
    await git
      .program('rm', ['-rf', '--', made], { signal: new AbortController().signal })
      .catch(() => undefined);
  }
}
