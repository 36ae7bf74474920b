import { quoteShellWord } from '../../core/ssh/index.js';
import { ENTER_REPOSITORY, GIT_IN_GUEST, makeTemporary, READ_BRANCH } from '../guest/git-in-guest.js';
import { STEP_PREFIX } from '../guest/step-prefix.js';

/** first line of what the script writes */
export const WORK_MAGIC = 'banger-work 1';

export interface WorkQuestion {
  /** top of the repository, absolute, in the guest */
  readonly path: string;
  /** leave out what is not committed */
  readonly committedOnly: boolean;
}

/**
 * The POSIX sh script that the guest runs as root to tell what work is in a repository. On its stdin it gets
 * `workInput`. It writes
 *
 *     banger-work 1
 *     head <id of the commit that HEAD is; empty without one>
 *     branch <ref that HEAD points to; empty when detached>
 *     tree <id of the tree of what is there, committed or not; empty when only commits are wanted>
 *     inner <number of repositories inside it that git does not track>
 *
 * an empty line, and a pack of what the host lacks. What is written goes into a directory of its own, which is
 * removed; of the repository no more than times of objects change.
 */
export function workScript({ path, committedOnly }: WorkQuestion): string {
  return [prologue(path), OPEN, committedOnly ? 'tree=\ninner=0' : UNCOMMITTED, SEND, ''].join('\n');
}

/** @param known ids of commits that the host has */
export function workInput(known: readonly string[]): string {
  return ['HEAD^{commit}', ...known, ''].join('\n');
}

function prologue(path: string): string {
  return `set -eu
umask 077
${GIT_IN_GUEST}
path=${quoteShellWord(path)}
made=
step=open
finish() {
  code=$?
  trap - EXIT
  cd /
  [ -z "$made" ] || rm -rf -- "$made"
  [ "$code" -eq 0 ] || printf '${STEP_PREFIX}%s\\n' "$step" >&2
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM PIPE`;
}

/** Each process takes an emulated guest 30 to 100 ms: one git answers for all ids, and the shell does what it can itself. */
const OPEN = `${ENTER_REPOSITORY}
step=scratch
${makeTemporary('banger-work')}
step=read
git cat-file --batch-check='%(objecttype) %(objectname)' > "$made/known" || no_repository
read -r type head < "$made/known" || type=
[ "$type" = commit ] || head=
${READ_BRANCH}`;

/**
 * `git add -A` would take untracked repositories for submodules, which it says, and fails where one has no commit: where
 * it says anything, it is done in steps that leave them out. What is written goes into the scratch directory, which the
 * guest's own objects are added to; the pack is made the other way round, so that most are found at the first look.
 */
const UNCOMMITTED = `step=uncommitted
export GIT_INDEX_FILE="$made/index" GIT_OBJECT_DIRECTORY="$made" GIT_ALTERNATE_OBJECT_DIRECTORIES="$objects"
copy_index() { [ ! -e "$index" ] || cp -p -- "$index" "$GIT_INDEX_FILE"; }
copy_index
inner=0
if ! git add -A 2> "$made/said" || [ -s "$made/said" ]; then
  rm -f -- "$GIT_INDEX_FILE"
  copy_index
  git add -u
  git ls-files -z -o --exclude-standard > "$made/others"
  sed -zn -e '/\\/$/!p' -e "/\\/$/w $made/inner" "$made/others" | git update-index -z --add --stdin
  [ ! -s "$made/inner" ] || inner=$(grep -zc / "$made/inner")
fi
tree=$(git write-tree --missing-ok)
unset GIT_OBJECT_DIRECTORY
export GIT_ALTERNATE_OBJECT_DIRECTORIES="$made"`;

/** A repository that lacks objects which somebody promised has packs that are marked so. */
const SEND = `step=send
printf '${WORK_MAGIC}\\nhead %s\\nbranch %s\\ntree %s\\ninner %s\\n\\n' "$head" "$branch" "$tree" "$inner"
set -- "$objects"/pack/*.promisor
if [ -e "$1" ]; then set -- --missing=allow-promisor; else set --; fi
{
  printf '%s\\n' $head $tree
  { read -r id; while read -r type id; do [ "$type" != commit ] || echo "^$id"; done; } < "$made/known"
} | git pack-objects -q --revs --stdout --thin --delta-base-offset --window=0 "$@"`;
