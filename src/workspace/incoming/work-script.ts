import { quoteShellWord } from '../../core/ssh/index.js';
import { ENTER_PATH, GIT_IN_GUEST, requireTopOfRepository } from '../guest/git-in-guest.js';
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
 * The POSIX sh script that the guest runs as root to tell what work is in a repository. On its stdin it gets the ids of
 * commits that the host has, one a line. It writes
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

/** Each process takes an emulated guest 30 to 100 ms: one git tells all facts, and the shell does what it can itself. */
const OPEN = `${ENTER_PATH}
facts=$(git rev-parse --path-format=absolute --show-toplevel --git-path objects --git-path index --revs-only 'HEAD^{commit}')
top= objects= index= head=
{ IFS= read -r top; IFS= read -r objects; IFS= read -r index; IFS= read -r head || :; } <<FACTS
$facts
FACTS
${requireTopOfRepository('$top')}
step=scratch
made=$(mktemp -d /var/tmp/banger-work.XXXXXX)
mkdir "$made/objects" "$made/objects/info" "$made/objects/pack"
printf '%s\\n' "$objects" > "$made/objects/info/alternates"
export GIT_OBJECT_DIRECTORY="$made/objects"
step=read
git rev-list --no-walk --ignore-missing --missing=allow-any --stdin > "$made/known"
branch=$(git symbolic-ref -q HEAD) || branch=`;

/** As `git add -A`, which fails where an untracked repository has no commit. */
const UNCOMMITTED = `step=uncommitted
export GIT_INDEX_FILE="$made/index"
[ ! -e "$index" ] || cp -p -- "$index" "$GIT_INDEX_FILE"
git -c advice.addEmbeddedRepo=false add -u
git ls-files -z -o --exclude-standard > "$made/others"
inner=0
if [ -s "$made/others" ]; then
  inner=$(grep -zc '/$' "$made/others") || :
  { grep -zv '/$' "$made/others" || :; } | git update-index -z --add --stdin
fi
tree=$(git write-tree --missing-ok)`;

/** A repository that lacks objects which somebody promised has packs that are marked so. */
const SEND = `step=send
printf '${WORK_MAGIC}\\nhead %s\\nbranch %s\\ntree %s\\ninner %s\\n\\n' "$head" "$branch" "$tree" "$inner"
set -- "$objects"/pack/*.promisor
if [ -e "$1" ]; then set -- --missing=allow-promisor; else set --; fi
{
  printf '%s\\n' $head $tree
  while read -r id; do echo "^$id"; done < "$made/known"
} | git pack-objects -q --revs --stdout --thin --delta-base-offset --window=0 "$@"`;
