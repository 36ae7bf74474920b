import { quoteShellWord } from '../../core/ssh/index.js';
import { STEP_PREFIX } from '../guest/step-prefix.js';
import { readonlyFunctions } from './guest-readonly.js';
import {
  ASK_FOR_LISTENER,
  checkDisk,
  fileFromBlob,
  fromBlob,
  GUEST_ENVIRONMENT,
  indexInfoFromBlob,
  LOOK,
  writeRecord,
} from './guest-steps.js';

/**
 * What the guest is to make of the pack that follows on stdin, in a tar archive with its index. Names of blobs are
 * object ids in that pack.
 */
export interface GuestImport {
  /** absolute, in the guest; must not exist, or be an empty directory */
  readonly target: string;
  /** absolute; made when the checkout did not */
  readonly workingDirectory: string;
  readonly requiredBytes: number;
  readonly objectFormat: string;
  /** commit that HEAD is; none in a repository without one */
  readonly head?: string;
  /** name of the pack's files, without what follows the dot */
  readonly pack: string;
  /** objects are missing from the pack, none of them of a file that is checked out */
  readonly partial: boolean;
  /** full name of the ref that HEAD points to; none when HEAD is detached */
  readonly symbolicHead?: string;
  readonly worktreeTree: string;
  readonly indexTree: string;
  readonly config: string;
  readonly sparseConfig: string;
  /** refs that stand for others; full names */
  readonly symbolicRefs: readonly { readonly name: string; readonly target: string }[];
  /** id of all that the guest is told: the same one makes the same repository */
  readonly source: string;
  readonly readonly: boolean;
  readonly blobs: GuestBlobs;
  /**
   * content of small blobs that are text, by their ids, with line breaks instead of NULs: to write it into a file takes
   * no process of git
   */
  readonly texts: Readonly<Record<string, string>>;
}

/** NUL-separated lists of paths where nothing else is said. */
export interface GuestBlobs {
  /** what the index has otherwise than the working tree: lines of `git update-index --index-info`, removals first */
  readonly staged?: string;
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
  /** content of .git/shallow: commits whose parents did not travel */
  readonly shallow?: string;
  /** lines of an id and the full name of a ref */
  readonly refs?: string;
}

/**
 * The POSIX sh script that the guest runs as root, with the archive on its stdin. It leaves a repository whose
 * `git status` is the host's, or nothing at all: the repository is made beside its place, and moved there when it is
 * whole. What a guest that went down left behind is removed by the next import.
 */
export function guestScript(facts: GuestImport): string {
  return [
    prologue(facts),
    checkSteps(facts),
    repositorySteps(facts),
    checkoutSteps(facts),
    indexSteps(facts, '.git/index'),
    recordSteps(facts),
    moveSteps(facts),
    ...(facts.readonly ? [`step=readonly\nmounted=yes\nprotect`] : []),
    '',
  ].join('\n');
}

/** Beginning of the name of a directory in which a repository is made, beside the place that it is for. */
const UNFINISHED = '.banger-import';

function moveSteps({ workingDirectory }: GuestImport): string {
  return `${ASK_FOR_LISTENER}
step=check-target
mv -T -- "$place" "$target"
place=$target
step=finish
[ -d ${quoteShellWord(workingDirectory)} ] || mkdir -p -- ${quoteShellWord(workingDirectory)}`;
}

function prologue({ target }: GuestImport): string {
  return `set -eu
umask 022
${GUEST_ENVIRONMENT}
target=${quoteShellWord(target)}
place=
mounted=
step=start
${readonlyFunctions(target)}
finish() {
  code=$?
  trap - EXIT
  trap '' HUP INT TERM PIPE
  if [ "$code" -ne 0 ]; then
    cd /
    [ -z "$mounted" ] || unprotect
    [ -z "$place" ] || rm -rf -- "$place"
    printf '${STEP_PREFIX}%s\\n' "$step" >&2
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM PIPE`;
}

function checkSteps({ requiredBytes }: GuestImport): string {
  return `step=check
command -v git >/dev/null || { echo 'git is not installed in the guest' >&2; exit 1; }
command -v tar >/dev/null || { echo 'tar is not installed in the guest' >&2; exit 1; }
step=check-target
if [ -e "$target" ] || [ -L "$target" ]; then
  rmdir -- "$target" 2>/dev/null || { printf '%s exists in the guest already\\n' "$target" >&2; exit 1; }
fi
step=check
parent=\${target%/*}
[ -d "$parent/" ] || mkdir -p -- "$parent/"
${checkDisk('"$parent/"', requiredBytes)}`;
}

function repositorySteps(facts: GuestImport): string {
  const { objectFormat, config, partial, pack } = facts;
  const lines = ['step=init', `set -- "$parent"/${UNFINISHED}.*`, '[ ! -e "$1" ] || rm -rf -- "$@"'];
  lines.push(`place=$parent/${UNFINISHED}.$$`, 'made=$place/.git/banger');
  const directories = GIT_DIRECTORIES.map((name) => ` "$place/.git${name}"`).join('');
  lines.push(`mkdir -m 755 -- "$place"${directories}`, 'cd -- "$place"');
  const format = objectFormat === 'sha1' ? SHA1_CONFIG : otherConfig(objectFormat);
  lines.push(`printf '%s' ${quoteShellWord(format + config)} > .git/config`, headStep(facts), 'step=receive');
  if (partial) lines.push(promise(`.git/objects/pack/${pack}.promisor`));
  lines.push('tar -xof - -C .git/objects/pack', 'step=head', ...refSteps(facts), ...infoSteps(facts));
  return lines.join('\n');
}

/** What `git init` makes; by hand, since each process takes an emulated guest 30 to 100 ms. Each after the one it is in. */
const GIT_DIRECTORIES = [
  '',
  '/objects',
  '/objects/info',
  '/objects/pack',
  '/refs',
  '/refs/heads',
  '/refs/tags',
].concat(['/info', '/banger']);
/** `filemode` comes from the host: git init refuses a repository that has a key of its own twice. */
const COMMON_CONFIG = '\tbare = false\n\tlogallrefupdates = true\n';
const SHA1_CONFIG = `[core]\n\trepositoryformatversion = 0\n${COMMON_CONFIG}`;

function otherConfig(objectFormat: string): string {
  return `[core]\n\trepositoryformatversion = 1\n${COMMON_CONFIG}[extensions]\n\tobjectformat = ${objectFormat}\n`;
}

/** HEAD, and the branch that it is, if that has a commit. */
function headStep({ head, symbolicHead }: GuestImport): string {
  if (symbolicHead === undefined) return `echo ${head ?? ''} > .git/HEAD`;
  const lines = [`printf 'ref: %s\\n' ${quoteShellWord(symbolicHead)} > .git/HEAD`];
  if (head !== undefined)
    lines.push(`printf '%s %s\\n' ${head} ${quoteShellWord(symbolicHead)} > .git/packed-refs`);
  return lines.join('\n');
}

/** Without a remote that promises what is missing git would neither commit nor collect garbage. Its name is in git's errors. */
export function promise(file: string): string {
  return `git config remote.not-imported.promisor true\n: > ${file}`;
}

/** The list of refs has the form of packed refs; HEAD's own branch is in there once more, and the first one counts. */
function refSteps(facts: GuestImport): string[] {
  const { blobs, symbolicHead, symbolicRefs } = facts;
  const lines = [...fileFromBlob(facts, blobs.shallow, '.git/shallow')];
  if (blobs.refs !== undefined) {
    const others =
      symbolicHead === undefined
        ? 'cat'
        : `grep -v -x -F -e ${quoteShellWord(`${facts.head ?? ''} ${symbolicHead}`)}`;
    lines.push(`git cat-file blob ${blobs.refs} | { ${others} || :; } >> .git/packed-refs`);
  }
  return [...lines, ...symbolicRefSteps(symbolicRefs)];
}

export function symbolicRefSteps(refs: GuestImport['symbolicRefs']): string[] {
  return refs.map(({ name, target }) => `git symbolic-ref ${quoteShellWord(name)} ${quoteShellWord(target)}`);
}

export function infoSteps(facts: Pick<GuestImport, 'blobs' | 'texts'>): string[] {
  const { blobs } = facts;
  return [
    ...fileFromBlob(facts, blobs.exclude, '.git/info/exclude'),
    ...fileFromBlob(facts, blobs.attributes, '.git/info/attributes'),
    ...fileFromBlob(facts, blobs.globalAttributes, '.git/info/attributes-of-host'),
  ];
}

function checkoutSteps({ worktreeTree, blobs }: GuestImport): string {
  return ['step=checkout', `git read-tree -u --reset ${worktreeTree}`, ...repositoriesSteps(blobs)].join(
    '\n',
  );
}

export function repositoriesSteps({ repositories }: GuestBlobs): string[] {
  return fromBlob(repositories, 'xargs -0 -n 1 git init -q --template= --');
}

/** After the checkout the index is the working tree; from there it becomes the host's index, keeping the file times. */
export function indexSteps(facts: GuestImport, file: string): string {
  const { sparseConfig, blobs } = facts;
  const lines = ['step=index', `GIT_INDEX_FILE=${file}\nexport GIT_INDEX_FILE`];
  lines.push(...indexInfoFromBlob(facts, blobs.staged), ...indexInfoFromBlob(facts, blobs.unmerged));
  lines.push(
    ...fromBlob(
      blobs.intentToAdd,
      'GIT_LITERAL_PATHSPECS=1 git add -N -f --pathspec-from-file=- --pathspec-file-nul',
    ),
  );
  lines.push(...fromBlob(blobs.skipWorktree, 'git update-index -z --skip-worktree --stdin'));
  lines.push(...fileFromBlob(facts, blobs.sparse, '.git/info/sparse-checkout'));
  if (sparseConfig !== '') lines.push(`printf '%s' ${quoteShellWord(sparseConfig)} >> .git/config`);
  lines.push(...fromBlob(blobs.assumeUnchanged, 'git update-index -z --assume-unchanged --stdin'));
  lines.push('unset GIT_INDEX_FILE');
  return lines.join('\n');
}

/** Where the index is a tree, and hides nothing, nobody has to look at the files again. */
export function recordSteps(facts: GuestImport): string {
  const { indexTree, worktreeTree, head, symbolicHead, blobs, source } = facts;
  const { unmerged, intentToAdd, skipWorktree, assumeUnchanged } = blobs;
  const isPlain = [unmerged, intentToAdd, skipWorktree, assumeUnchanged].every((blob) => blob === undefined);
  const known = { head, branch: symbolicHead, index: indexTree, tree: worktreeTree };
  const record = writeRecord(isPlain ? known : undefined, { source, refs: blobs.refs });
  return isPlain
    ? record
    : `step=record\n${LOOK}\nlook\nrm -f -- "$made/index" "$made/names" "$made/skipped" "$made/others"\n${record}`;
}
