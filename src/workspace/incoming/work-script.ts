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

const OPEN = `${ENTER_PATH}
${requireTopOfRepository('$(git rev-parse --show-toplevel)')}
step=scratch
made=$(mktemp -d /var/tmp/banger-work.XXXXXX)
mkdir -p "$made/objects/info" "$made/objects/pack"
cat > "$made/haves"
git rev-parse --path-format=absolute --git-path objects > "$made/objects/info/alternates"
index=$(git rev-parse --path-format=absolute --git-path index)
export GIT_OBJECT_DIRECTORY="$made/objects"
step=read
head=$(git rev-parse -q --verify 'HEAD^{commit}') || head=
branch=$(git symbolic-ref -q HEAD) || branch=
git rev-list --no-walk --ignore-missing --missing=allow-any --stdin < "$made/haves" > "$made/known"`;

/** As `git add -A`, which fails where an untracked repository has no commit. */
const UNCOMMITTED = `step=uncommitted
export GIT_INDEX_FILE="$made/index"
[ ! -e "$index" ] || cp -p -- "$index" "$GIT_INDEX_FILE"
git -c advice.addEmbeddedRepo=false add -u
git ls-files -z -o --exclude-standard > "$made/others"
inner=$(grep -zc '/$' "$made/others") || :
{ grep -zv '/$' "$made/others" || :; } | git update-index -z --add --stdin
tree=$(git write-tree --missing-ok)`;

const SEND = `step=send
printf '${WORK_MAGIC}\\nhead %s\\nbranch %s\\ntree %s\\ninner %s\\n\\n' "$head" "$branch" "$tree" "$inner"
set -- -q --revs --stdout --thin --delta-base-offset --window=0
if git config --get-regexp '^remote\\..*\\.promisor$' >/dev/null; then set -- "$@" --missing=allow-promisor; fi
{ printf '%s\\n' $head $tree; sed 's/^/^/' "$made/known"; } | git pack-objects "$@"`;
