import { quoteShellWord } from '../../core/ssh/index.js';
import { ENTER_PATH, GIT_IN_GUEST, requireTopOfRepository } from '../guest/git-in-guest.js';
import { STEP_PREFIX } from '../guest/step-prefix.js';
import { RECORD_FILE } from '../import/guest-steps.js';

/** first line of what the script writes */
export const STATUS_MAGIC = 'banger-status 1';
/** last record of it, after which nothing is missing */
export const STATUS_END = 'end';

export interface StatusQuestion {
  /** top of the repository, absolute, in the guest */
  readonly path: string;
  /** what the guest knows the imported commit as; absent where the host cannot tell */
  readonly base: string | undefined;
}

/**
 * The POSIX sh script that the guest runs as root to tell how a repository stands to its base: the newest commit that
 * HEAD has in common with what was imported. A guest that does not have that, since it went back to a snapshot, goes
 * by what its import has noted itself (`head` of the record that guest-steps.ts writes). It writes
 *
 *     banger-status 1
 *     head <id of the commit that HEAD is; empty without one>
 *     ahead <number of commits of HEAD that the base does not have>
 *
 * an empty line, and records that end in NUL: those of `git status --porcelain=v2 --branch`, those of
 * `git diff-tree --raw` from the base to HEAD, and `end`. It writes no file, so that a full disk is no hindrance,
 * and runs git no oftener than it must: each run takes an emulated guest up to 100 ms.
 */
export function statusScript({ path, base = '' }: StatusQuestion): string {
  return `set -eu
${GIT_IN_GUEST}
path=${quoteShellWord(path)}
imported=${quoteShellWord(base)}
step=open
finish() {
  code=$?
  trap - EXIT
  [ "$code" -eq 0 ] || printf '${STEP_PREFIX}%s\\n' "$step" >&2
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM PIPE
${ENTER_PATH}
${FACTS}
${requireTopOfRepository('$top')}
${BASE}
${ANSWER}
`;
}

/** All of them by one git. */
const FACTS = `facts=$(git rev-parse --path-format=absolute --show-toplevel --git-path ${RECORD_FILE.replace('.git/', '')} --revs-only HEAD)
top= noted= head=
{ IFS= read -r top; IFS= read -r noted; IFS= read -r head || :; } <<FACTS
$facts
FACTS`;

/** What has no commit in common with HEAD is still what files are compared with, where it is there. */
const BASE = `step=base
base= ahead=
if [ -n "$head" ] && [ "$head" = "$imported" ]; then
  base=$head ahead=0
elif [ -n "$head" ]; then
  for one in $imported $(sed -n 's/^head \\([0-9a-f]\\{40,64\\}\\)$/\\1/p' "$noted" 2>/dev/null | head -n 1); do
    counts=$(git rev-list --left-right --count "$one...$head" 2>/dev/null) || continue
    ahead=\${counts##*[!0-9]}
    if [ "\${counts%%[!0-9]*}" = 0 ]; then base=$one; else base=$(git merge-base "$one" "$head") || base=; fi
    [ -z "$base" ] || break
  done
  [ -n "$ahead" ] || ahead=$(git rev-list --count "$head")
fi
[ -n "$base" ] || [ -z "$imported" ] || base=$(git rev-parse -q --verify "$imported^{commit}") || base=`;

const ANSWER = `step=read
printf '${STATUS_MAGIC}\\nhead %s\\nahead %s\\n\\n' "$head" "\${ahead:-0}"
git --no-pager status --porcelain=v2 --branch -z -uall --no-renames --no-ahead-behind --ignore-submodules=dirty
if [ "$head" != "$base" ]; then
  empty=
  [ -n "$head" ] && [ -n "$base" ] || empty=$(git hash-object -t tree /dev/null)
  git --no-pager diff-tree -r -z --raw --no-abbrev --no-renames "\${base:-$empty}" "\${head:-$empty}"
fi
printf '${STATUS_END}\\0'`;
