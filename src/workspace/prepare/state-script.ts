import { quoteShellWord } from '../../core/ssh/index.js';
import { makeTemporary } from '../guest/git-in-guest.js';
import { STEP_PREFIX } from '../guest/step-prefix.js';
import { AWAIT_UPDATE, GUEST_ENVIRONMENT, LOOK, readRecord } from '../import/guest-steps.js';

/** first line of what the script writes */
export const STATE_MAGIC = 'banger-state 1';
/** paths that it names at most */
export const MAX_FILES = 20;
/** commits that it names at most, for what need not travel again */
export const MAX_HAVES = 256;

export interface StateQuestion {
  /** absolute, in the guest */
  readonly target: string;
  /** full name of the branch that is to be set; none for a detached HEAD */
  readonly branch?: string | undefined;
  /** id of what would be imported: where it was, and is still there, nothing more is asked */
  readonly source: string;
  /** branches and tags are of interest, and not what led to HEAD */
  readonly refs: boolean;
}

/**
 * The POSIX sh script that the guest runs as root to tell what is at a place. It writes lines of a key, a space and a
 * value; an empty line; and, where work was found, the names of files that are not committed. Nothing of the
 * repository is written.
 *
 *     place none|taken|repository
 *     was-head, was-branch, was-index, was-tree, was-source, was-refs   as recorded by the import
 *     head, branch, index, tree                                        as they are
 *
 * and, where that is not what is to be there,
 *
 *     head-tree   of the commit that is checked out
 *     target      commit of the branch that is to be set
 *     complete    yes when it has all the history and all the files
 *     partial     yes when files are missing
 *     commits     number that are not in what was imported
 *     commit, files   id of a commit, of a tree, that is there with all its files
 */
export function stateScript({ target, branch, source, refs }: StateQuestion): string {
  return `set -eu
umask 077
${GUEST_ENVIRONMENT}
export GIT_OPTIONAL_LOCKS=0
target=${quoteShellWord(target)}
wanted=${quoteShellWord(branch ?? '')}
made=
step=look
finish() {
  code=$?
  trap - EXIT
  trap '' HUP INT TERM PIPE
  cd /
  [ -z "$made" ] || rm -rf -- "$made"
  [ "$code" -eq 0 ] || printf '${STEP_PREFIX}%s\\n' "$step" >&2
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM PIPE
${PLACE}
${LOOK}
look
printf '%s\\n' "head $head" "branch $branch" "index $index" "tree $tree"
[ "$was_source" != ${quoteShellWord(source)} ] || [ "$head $branch $index $tree" != "$was_head $was_branch $was_index $was_tree" ] || exit 0
${TELL}
${refs ? TELL_REFS : TELL_HISTORY}
${TELL_FILES}
`;
}

/** Object directory and top in one answer: neither has a line break, since no place of an import has. */
const PLACE = `printf '${STATE_MAGIC}\\n'
if [ ! -e "$target" ] && [ ! -L "$target" ]; then echo 'place none'; exit 0; fi
if [ -d "$target" ] && [ ! -L "$target" ] && [ ! -e "$target/.git" ] && [ -z "$(ls -A -- "$target")" ]; then echo 'place none'; exit 0; fi
top=
if [ -d "$target/.git" ] && cd -- "$target"; then
  top=$(git rev-parse --path-format=absolute --show-toplevel --git-path objects 2>/dev/null) || top=
fi
if [ -z "$top" ] || [ "\${top%
*}" != "$(pwd -P)" ]; then
  echo 'place taken'
  exit 0
fi
echo 'place repository'
${AWAIT_UPDATE}
${readRecord('echo "was-$key $value"')}
${makeTemporary('banger-look')}
mkdir -p "$made/objects/info" "$made/objects/pack"
printf '%s\\n' "\${top#*
}" > "$made/objects/info/alternates"
GIT_OBJECT_DIRECTORY=$made/objects
export GIT_OBJECT_DIRECTORY
ask="$was_head^{commit} $was_head^{tree} \${was_index:-none} \${was_tree:-none}"`;

/** What is damaged in the record, or gone from the repository, is as if it had not been. */
const TELL = `[ -n "$files" ] || files=$(git hash-object -t tree --stdin </dev/null)
printf '%s\\n' "head-tree $files" "target $to"
from=
{
  take; take; take
  take; was=$id
  take; [ -z "$id" ] || echo "files $id"
  take; [ -z "$id" ] || echo "files $id"
  take; [ -z "$id" ] || echo "files $id"; [ "$head" != "$was" ] || from=$id
} <<END
$ids
END
commits=0
for id in $head $to; do [ "$id" = "$was" ] || commits=; done
[ -n "$commits" ] || commits=$(git rev-list --count $head $to --not $was --)
echo "commits $commits"
partial=
for file in .git/objects/pack/*.promisor; do [ ! -e "$file" ] || partial=yes; done
if [ -n "$partial" ]; then echo 'partial yes'; elif [ ! -s .git/shallow ]; then echo 'complete yes'; fi
for id in $head $was; do echo "commit $id"; done`;

const TELL_HISTORY = `[ -z "$head" ] || git rev-list --max-count=${MAX_HAVES} --format= $head`;

const TELL_REFS = `git for-each-ref --count=${MAX_HAVES} --sort=-committerdate --format='commit %(objectname)' refs/heads refs/tags refs/remotes`;

const TELL_FILES = `echo
[ -n "$from" ] || from=$files
[ "$from" = "$tree" ] || git -c core.quotePath=false diff-tree -r --no-renames --name-only "$from" "$tree" | head -n ${MAX_FILES}`;
