import { quoteShellWord } from '../../core/ssh/index.js';
import { STEP_PREFIX } from '../guest/step-prefix.js';
import { GUEST_ENVIRONMENT, LOOK, RECORD_FILE } from '../import/guest-steps.js';

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
}

/**
 * The POSIX sh script that the guest runs as root to tell what is at a place. It writes lines of a key, a space and a
 * value; an empty line; and, where work was found, the names of files that are not committed. Nothing of the
 * repository is written.
 *
 *     place none|taken|repository
 *     was-head, was-branch, was-index, was-tree, was-source, was-refs   as recorded by the import
 *     head, branch, index, tree                                        as they are
 *     head-tree   of the commit that is checked out
 *     target      commit of the branch that is to be set
 *     complete    yes when it has all the history and all the files
 *     partial     yes when files are missing
 *     commits     number that are not in what was imported
 *     commit, files   id of a commit, of a tree, that is there with all its files
 */
export function stateScript({ target, branch }: StateQuestion): string {
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
  cd /
  [ -z "$made" ] || rm -rf -- "$made"
  [ "$code" -eq 0 ] || printf '${STEP_PREFIX}%s\\n' "$step" >&2
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM PIPE
${PLACE}
made=$(mktemp -d /var/tmp/banger-look.XXXXXX)
mkdir -p "$made/objects/info" "$made/objects/pack"
git rev-parse --path-format=absolute --git-path objects > "$made/objects/info/alternates"
GIT_OBJECT_DIRECTORY=$made/objects
export GIT_OBJECT_DIRECTORY
${LOOK}
look
${TELL}
`;
}

const PLACE = `printf '${STATE_MAGIC}\\n'
if [ ! -e "$target" ] && [ ! -L "$target" ]; then echo 'place none'; exit 0; fi
if [ -d "$target" ] && [ ! -L "$target" ] && [ -z "$(ls -A -- "$target")" ]; then echo 'place none'; exit 0; fi
if [ ! -d "$target/.git" ] || ! cd -- "$target" || [ "$(git rev-parse --show-toplevel 2>/dev/null)" != "$(pwd -P)" ]; then
  echo 'place taken'
  exit 0
fi
echo 'place repository'
[ ! -f ${RECORD_FILE} ] || head -n 8 ${RECORD_FILE} | sed 's/^/was-/'`;

const TELL = `was=$(sed -n 's/^head //p' ${RECORD_FILE} 2>/dev/null) || was=
[ -z "$was" ] || was=$(git rev-parse -q --verify "$was^{commit}") || was=
files=$(git rev-parse -q --verify 'HEAD^{tree}') || files=$(git hash-object -t tree --stdin </dev/null)
to=
[ -z "$wanted" ] || to=$(git rev-parse -q --verify "$wanted^{commit}") || to=
printf '%s\\n' "head $head" "branch $branch" "index $index" "tree $tree" "head-tree $files" "target $to"
commits=0
[ -z "$head$to" ] || commits=$(git rev-list --count $head $to --not $was --)
echo "commits $commits"
if git config --get-regexp '^remote\\..*\\.promisor$' >/dev/null; then echo 'partial yes'
elif [ ! -s .git/shallow ]; then echo 'complete yes'; fi
[ -z "$head" ] || git rev-list --max-count=${MAX_HAVES} HEAD | sed 's/^/commit /'
git for-each-ref --count=${MAX_HAVES} --sort=-committerdate --format='commit %(objectname)' refs/heads refs/tags refs/remotes
for id in $(git rev-parse -q --verify "$was^{tree}") $(sed -n -e 's/^index //p' -e 's/^tree //p' ${RECORD_FILE} 2>/dev/null); do
  ! git cat-file -e "$id" 2>/dev/null || echo "files $id"
done
echo
from=$(sed -n 's/^tree //p' ${RECORD_FILE} 2>/dev/null) || from=
[ "$head" = "$was" ] && git cat-file -e "$from" 2>/dev/null || from=$files
git -c core.quotePath=false diff-tree -r --no-renames --name-only "$from" "$tree" | head -n ${MAX_FILES}`;
