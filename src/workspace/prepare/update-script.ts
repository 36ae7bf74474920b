import { quoteShellWord } from '../../core/ssh/index.js';
import { STEP_PREFIX } from '../guest/step-prefix.js';
import { readonlyFunctions } from '../import/guest-readonly.js';
import {
  indexSteps,
  infoSteps,
  promise,
  recordSteps,
  repositoriesSteps,
  symbolicRefSteps,
} from '../import/guest-script.js';
import type { GuestImport } from '../import/guest-script.js';
import { checkDisk, GUEST_ENVIRONMENT, LOOK } from '../import/guest-steps.js';
import type { GuestState } from './guest-state.js';

export interface GuestUpdate {
  readonly facts: GuestImport;
  /** what the guest was found in; it must still be that */
  readonly state: GuestState;
  /** commits of the branch or of HEAD that the host lacks are given a branch */
  readonly saveCommits: boolean;
  /** what is not committed is stashed */
  readonly stash: boolean;
}

/** directory of the repository in which the script works */
const SCRATCH = '.git/banger/work';

/**
 * The POSIX sh script that brings a repository in the guest up to date, with an archive of what it lacks on its stdin.
 * It writes lines `saved <branch>`, `stashed` and `kept <ref>`. Until `step=checkout` nothing changes but that work is
 * put aside; from there on a failure puts the files back as they were, and HEAD and the index are changed last.
 */
export function updateScript(update: GuestUpdate): string {
  const { facts, state } = update;
  return [
    prologue(facts),
    OPEN,
    checkDisk('"$target/"', facts.requiredBytes),
    receiveSteps(facts),
    `step=changed\n${LOOK}\nlook\n${requireSame(state, facts)}`,
    ...(update.saveCommits ? [`step=save\n${saveCommits(update)}`] : []),
    ...(update.stash ? [STASH] : []),
    checkoutSteps(facts),
    finishSteps(update),
    '',
  ].join('\n');
}

function prologue({ target, readonly, worktreeTree }: GuestImport): string {
  return `set -eu
umask 022
${GUEST_ENVIRONMENT}
target=${quoteShellWord(target)}
made=
locked=
lifted=
undo=
saved=
step=open
${readonlyFunctions(target)}
checkout() { GIT_INDEX_FILE="$made/all" git -c core.sparseCheckout=false read-tree --reset "$@"; }
finish() {
  code=$?
  trap - EXIT
  unset GIT_INDEX_FILE
  [ "$code" -eq 0 ] || [ -z "$undo" ] || { checkout ${worktreeTree} && checkout -u "$undo"; } || :
  [ -z "$locked" ] || rm -f -- .git/index.lock
  [ -z "$made" ] || rm -rf -- "$made"
  [ "$code" -eq 0 ] || printf '${STEP_PREFIX}%s\\n' "$step" >&2
  if [ "$code" -eq 0 ]; then ${readonly ? 'protect' : 'unprotect'} || code=1
  elif [ -n "$lifted" ]; then protect || :; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM PIPE`;
}

const OPEN = `cd -- "$target" 2>/dev/null || { printf '%s is no longer there\\n' "$target" >&2; exit 1; }
[ -d .git ] && [ "$(git rev-parse --show-toplevel)" = "$(pwd -P)" ] || { printf '%s is no longer a repository\\n' "$target" >&2; exit 1; }
if is_mounted; then lifted=yes; lift; fi`;

/** Names of packs are hashes of what is in them: one that is there already is the same. Its index comes last, for git. */
function receiveSteps({ pack, partial }: GuestImport): string {
  return `step=receive
made=$PWD/${SCRATCH}
rm -rf -- "$made"
mkdir -p .git/banger .git/info "$made/pack" .git/objects/pack
tar -xof - -C "$made/pack"
${partial ? promise(`"$made/pack/${pack}.promisor"`) : ''}
for end in promisor pack idx; do
  [ ! -e "$made/pack/${pack}.$end" ] || mv -f -- "$made/pack/${pack}.$end" .git/objects/pack/
done`;
}

/** Whoever works in the guest meanwhile must not lose it. */
function requireSame({ is, target }: GuestState, { symbolicHead }: GuestImport): string {
  const found = [is.head, is.branch, is.index, is.tree, target].map(quoteShellWord).join(' ');
  const to =
    symbolicHead === undefined
      ? 'to='
      : `to=$(git rev-parse -q --verify ${quoteShellWord(`${symbolicHead}^{commit}`)}) || to=`;
  return `${to}
set -- ${found}
if [ "$head" != "$1" ] || [ "$branch" != "$2" ] || [ "$index" != "$3" ] || [ "$tree" != "$4" ] || [ "$to" != "$5" ]; then
  echo 'it was changed in the guest meanwhile' >&2
  exit 1
fi`;
}

/** HEAD and the branch that is to be set, as far as they have commits that are in nothing of the host. */
function saveCommits({ state, facts }: GuestUpdate): string {
  const known = [state.recorded?.is.head ?? '', facts.head ?? '']
    .filter(Boolean)
    .map((id) => quoteShellWord(id));
  return `for id in $head $to; do
  for was in ${known.join(' ')} $saved; do git cat-file -e "$was^{commit}" 2>/dev/null && echo "$was"; done > "$made/known" || :
  [ "$(git rev-list --count "$id" --not $(cat "$made/known") --)" -gt 0 ] || continue
  n=1
  while git rev-parse -q --verify "refs/heads/banger/saved-$n" >/dev/null; do n=$((n + 1)); done
  git update-ref "refs/heads/banger/saved-$n" "$id" ''
  saved="\${saved-} $id"
  echo "saved banger/saved-$n"
done`;
}

const STASH = `step=stash
git stash push -q -u -m 'before banger workspace prepare' >&2
echo stashed
look
if [ "$tree" != "$(git rev-parse 'HEAD^{tree}')" ] || [ "$index" != "$tree" ]; then
  echo 'git stash leaves something behind' >&2
  exit 1
fi`;

/**
 * `$made/all` is an index of all that is there, without what a sparse checkout leaves out: what the host no longer has
 * goes, what nobody has changed stays untouched.
 */
function checkoutSteps({ worktreeTree, blobs }: GuestImport): string {
  return `step=locked
( set -C; : > .git/index.lock ) 2>/dev/null || { echo 'another git process is at work in it: .git/index.lock exists' >&2; exit 1; }
locked=yes
step=checkout
mv -- "$made/index" "$made/all"
GIT_INDEX_FILE="$made/all" git ls-files -z -v | { grep -z '^[Ss] ' || :; } | sed -z 's/^..//' |
  GIT_INDEX_FILE="$made/all" git update-index -z --force-remove --stdin
tree=$(GIT_INDEX_FILE="$made/all" git write-tree --missing-ok)
undo=$tree
checkout -u ${worktreeTree}
cp -p -- "$made/all" "$made/index"
${repositoriesSteps(blobs).join('\n')}
if grep -qi sparsecheckout .git/config; then
  git config --unset-all core.sparsecheckout || :
  git config --unset-all core.sparsecheckoutcone || :
fi`;
}

function finishSteps({ facts, state }: GuestUpdate): string {
  const { head, symbolicHead, blobs, symbolicRefs } = facts;
  const lines = [indexSteps(facts, '"$made/index"'), 'step=head', shallowSteps(facts), ...infoSteps(facts)];
  if (blobs.refs !== undefined) lines.push(refSteps(blobs.refs, state.recorded?.refs, symbolicHead));
  lines.push(...symbolicRefSteps(symbolicRefs));
  const message = `-m 'banger workspace prepare'`;
  if (head !== undefined && symbolicHead !== undefined) {
    // The index that goes with it is in place before HEAD can be seen to have moved.
    lines.push(`git update-ref ${message} ${quoteShellWord(symbolicHead)} ${head}`);
  }
  lines.push('undo=', 'mv -f -- "$made/index" .git/index');
  if (symbolicHead !== undefined)
    lines.push(`git symbolic-ref ${message} HEAD ${quoteShellWord(symbolicHead)}`);
  if (symbolicHead === undefined && head !== undefined)
    lines.push(`git update-ref ${message} --no-deref HEAD ${head}`);
  lines.push('rm -f -- .git/index.lock', 'locked=', recordSteps(facts));
  lines.push(`step=finish\nmkdir -p -- ${quoteShellWord(facts.workingDirectory)}`);
  return lines.join('\n');
}

/** Where older history ends it still does, unless it came now. */
function shallowSteps({ blobs }: GuestImport): string {
  const fresh = blobs.shallow === undefined ? ':' : `git cat-file blob ${blobs.shallow}`;
  return `{ ${fresh}; [ ! -f .git/shallow ] || cat .git/shallow; } | sort -u > "$made/shallow"
: > "$made/ends"
while read -r id; do
  git cat-file -e "$id" 2>/dev/null || continue
  for parent in $(git cat-file commit "$id" | sed -n -e '/^$/q' -e 's/^parent //p'); do
    git cat-file -e "$parent" 2>/dev/null || { echo "$id"; break; }
  done >> "$made/ends"
done < "$made/shallow"
if [ -s "$made/ends" ]; then mv -f -- "$made/ends" .git/shallow; else rm -f -- .git/shallow; fi`;
}

/** A branch that somebody has moved in the guest stays where it is. */
function refSteps(refs: string, was: string | undefined, head: string | undefined): string {
  const known =
    was === undefined || was === '' ? '' : `git cat-file blob ${was} > "$made/was" 2>/dev/null || :\n`;
  return `: > "$made/was"
${known}git for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags refs/remotes | sort > "$made/have"
git cat-file blob ${refs} | sort | comm -13 "$made/have" - > "$made/todo"
while read -r id ref; do
  case $ref in ${quoteShellWord(head ?? 'HEAD')}) continue ;; refs/heads/*)
    now=$(git rev-parse -q --verify "$ref") || now=
    if [ -n "$now" ] && ! grep -qxF "$now $ref" "$made/was"; then echo "kept $ref"; continue; fi ;;
  esac
  printf 'update %s %s\\n' "$ref" "$id" >> "$made/updates"
done < "$made/todo"
[ ! -s "$made/updates" ] || git update-ref --stdin < "$made/updates"`;
}
