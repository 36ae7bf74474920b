import { quoteShellWord } from '../../core/ssh/index.js';
import { STEP_PREFIX } from '../guest/step-prefix.js';

/** What the guest is to make of the pack that follows on stdin. Names of blobs are object ids in that pack. */
export interface GuestImport {
  /** absolute, in the guest; must not exist, or be an empty directory */
  readonly target: string;
  /** absolute; made when the checkout did not */
  readonly workingDirectory: string;
  readonly requiredBytes: number;
  readonly objectFormat: string;
  /** commit that HEAD is; none in a repository without one */
  readonly head?: string;
  /** the commit has parents, which do not travel */
  readonly shallow: boolean;
  /** objects are missing from the pack, none of them of a file that is checked out */
  readonly partial: boolean;
  /** full name of the ref that HEAD points to; none when HEAD is detached */
  readonly symbolicHead?: string;
  readonly worktreeTree: string;
  readonly indexTree: string;
  readonly config: string;
  readonly sparseConfig: string;
  readonly blobs: GuestBlobs;
}

/** NUL-separated lists of paths where nothing else is said. */
export interface GuestBlobs {
  /** lines of `git update-index --index-info` */
  readonly unmerged?: string;
  readonly intentToAdd?: string;
  readonly skipWorktree?: string;
  readonly assumeUnchanged?: string;
  /** directories that are repositories of their own */
  readonly repositories?: string;
  /** content of .git/info/exclude */
  readonly exclude?: string;
  /** content of .git/info/attributes */
  readonly attributes?: string;
  /** content of .git/info/attributes-of-host, the owner's own attributes */
  readonly globalAttributes?: string;
  /** content of .git/info/sparse-checkout */
  readonly sparse?: string;
}

/**
 * The POSIX sh script that the guest runs as root, with the pack on its stdin. It leaves a repository whose
 * `git status` is the host's, or nothing at all.
 */
export function guestScript(facts: GuestImport): string {
  return [
    prologue(facts),
    checkSteps(facts),
    repositorySteps(facts),
    checkoutSteps(facts),
    indexSteps(facts),
    `step=finish\nmkdir -p -- ${quoteShellWord(facts.workingDirectory)}`,
    '',
  ].join('\n');
}

function prologue({ target }: GuestImport): string {
  return `set -eu
umask 022
export LC_ALL=C GIT_TERMINAL_PROMPT=0
target=${quoteShellWord(target)}
made=
step=start
finish() {
  code=$?
  trap - EXIT
  if [ "$code" -ne 0 ]; then
    cd /
    [ -z "$made" ] || rm -rf -- "$made"
    printf '${STEP_PREFIX}%s\\n' "$step" >&2
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM PIPE`;
}

/** A disk that is mounted right there is the work disk; the step tells which of the two is too small. */
function checkSteps({ requiredBytes }: GuestImport): string {
  return `step=check
command -v git >/dev/null || { echo 'git is not installed in the guest' >&2; exit 1; }
if [ -e "$target" ] || [ -L "$target" ]; then
  rmdir -- "$target" 2>/dev/null || { printf '%s exists in the guest already\\n' "$target" >&2; exit 1; }
fi
parent=\${target%/*}
mkdir -p -- "$parent/"
step=check-disk
set -- $(df -Pk "$parent/" | tail -n 1)
[ "$6" != "$parent" ] || step=check-work-disk
if [ "$4" -lt ${Math.ceil(requiredBytes / 1024)} ]; then
  printf 'the guest has %s MiB free, and the repository needs ${Math.ceil(requiredBytes / 1_048_576)}\\n' "$(($4 / 1024))" >&2
  exit 1
fi`;
}

function repositorySteps(facts: GuestImport): string {
  const { objectFormat, head, shallow, symbolicHead, config, blobs } = facts;
  const lines = ['step=init', 'made=$target'];
  const format = objectFormat === 'sha1' ? '' : ` --object-format=${quoteShellWord(objectFormat)}`;
  lines.push(`git -c init.defaultBranch=main init -q --template=${format} -- "$target"`, 'cd -- "$target"');
  lines.push('mkdir -p .git/info', `printf '%s' ${quoteShellWord(config)} >> .git/config`);
  lines.push('step=receive', ...receive(facts), 'step=head');
  if (symbolicHead !== undefined) lines.push(`git symbolic-ref HEAD ${quoteShellWord(symbolicHead)}`);
  if (head !== undefined) {
    if (shallow) lines.push(`echo ${head} > .git/shallow`);
    const ref = symbolicHead === undefined ? '--no-deref HEAD' : quoteShellWord(symbolicHead);
    lines.push(`git -c core.logAllRefUpdates=false update-ref ${ref} ${head}`);
  }
  lines.push(...fileFromBlob(blobs.exclude, '.git/info/exclude'));
  lines.push(...fileFromBlob(blobs.attributes, '.git/info/attributes'));
  lines.push(...fileFromBlob(blobs.globalAttributes, '.git/info/attributes-of-host'));
  return lines.join('\n');
}

/** Without a remote that promises what is missing git would neither commit nor collect garbage. Its name is in git's errors. */
function receive({ partial }: GuestImport): string[] {
  if (!partial) return ['git index-pack --stdin >/dev/null'];
  return ['git config remote.not-imported.promisor true', 'git index-pack --stdin --promisor >/dev/null'];
}

function checkoutSteps({ worktreeTree, blobs }: GuestImport): string {
  const lines = ['step=checkout', `git read-tree -u --reset ${worktreeTree}`];
  if (blobs.repositories !== undefined) {
    lines.push(`git cat-file blob ${blobs.repositories} | xargs -0 -n 1 git init -q --template= --`);
  }
  return lines.join('\n');
}

/** After the checkout the index is the working tree; from there it becomes the host's index, keeping the file times. */
function indexSteps({ worktreeTree, indexTree, sparseConfig, blobs }: GuestImport): string {
  const lines = ['step=index'];
  if (indexTree !== worktreeTree) lines.push(`git read-tree --reset ${indexTree}`);
  lines.push(...fromBlob(blobs.unmerged, 'git update-index -z --index-info'));
  lines.push(
    ...fromBlob(
      blobs.intentToAdd,
      'GIT_LITERAL_PATHSPECS=1 git add -N -f --pathspec-from-file=- --pathspec-file-nul',
    ),
  );
  if (indexTree !== worktreeTree) lines.push('git update-index -q --refresh >/dev/null 2>&1 || :');
  lines.push(...fromBlob(blobs.skipWorktree, 'git update-index -z --skip-worktree --stdin'));
  lines.push(...fileFromBlob(blobs.sparse, '.git/info/sparse-checkout'));
  if (sparseConfig !== '') lines.push(`printf '%s' ${quoteShellWord(sparseConfig)} >> .git/config`);
  lines.push(...fromBlob(blobs.assumeUnchanged, 'git update-index -z --assume-unchanged --stdin'));
  return lines.join('\n');
}

function fromBlob(blob: string | undefined, command: string): string[] {
  return blob === undefined ? [] : [`git cat-file blob ${blob} | ${command}`];
}

function fileFromBlob(blob: string | undefined, file: string): string[] {
  return blob === undefined ? [] : [`git cat-file blob ${blob} > ${file}`];
}
