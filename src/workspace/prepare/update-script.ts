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
import {
  ASK_FOR_LISTENER,
  AWAIT_UPDATE,
  BOOT_ID,
  checkDisk,
  GUEST_ENVIRONMENT,
  LOCK,
  LOOK,
  readRecord,
  syncFiles,
} from '../import/guest-steps.js';
import type { GuestState } from './guest-state.js';

export interface GuestUpdate {
  readonly facts: GuestImport;
  /** what the guest was found in; it must still be that */
  readonly state: GuestState;
  /** commits of the branch or of HEAD that the host lacks are given a branch */
  readonly saveCommits: boolean;
  /** what is not committed is stashed */
  readonly stash: boolean;
  /** history ends where it did in the guest: all that leads on from what comes now is there */
  readonly joins: boolean;
}

/** directory of the repository in which the script works */
const SCRATCH = '.git/banger/work';

/**
 * The POSIX sh script that brings a repository in the guest up to date, with an archive of what it lacks on its stdin.
 * It writes lines `saved <branch>`, `stashed` and `kept <ref>`. Until `step=checkout` nothing changes but that work is
 * put aside; from there on a failure puts the files back as they were, and HEAD and the index are changed last.
 */
export function updateScript(update: GuestUpdate): string {
  const { facts, state, joins } = update;
  return [
    prologue(facts),
    OPEN,
    checkDisk('"$target/"', facts.requiredBytes),
    MAKE_SCRATCH,
    receiveSteps(facts),
    `step=changed\n${LOOK}\nlook\n${requireSame(state)}\n${ASK_FOR_LISTENER}`,
    ...(update.saveCommits ? [`step=save\n${saveCommits(update)}`] : []),
    ...(update.stash ? [STASH] : []),
    LOCK_INDEX,
    checkoutSteps(facts),
    finishSteps({ facts, joins, knownRefs: state.recorded?.refs }),
    '',
  ].join('\n');
}

export interface PlainUpdate {
  readonly facts: GuestImport;
  /** commit that the guest got last; a repository that is not as it was then is left alone */
  readonly imported: string;
  readonly joins: boolean;
}

/**
 * The same where nothing has been done in the guest since, which it finds out itself: so one command is enough, and one
 * look at the files. It writes `unchanged` where nothing has been done on the host either. The lock of the index is
 * held all along, for what comes is little.
 */
export function plainUpdateScript({ facts, imported, joins }: PlainUpdate): string {
  return [
    prologue(facts),
    OPEN,
    MAKE_SCRATCH,
    LOCK_INDEX,
    `step=changed\n${readRecord()}\n${LOOK}\nlook\n${requireAsImported(facts, imported)}`,
    receiveSteps(facts),
    ASK_FOR_LISTENER,
    checkoutSteps(facts),
    finishSteps({ facts, joins, knownRefs: undefined }),
    '',
  ].join('\n');
}

/**
 * Where the disk is full even an index cannot be written: to undo a checkout its files go first, whose former contents
 * git has by then.
 */
function prologue({ target, readonly, worktreeTree, symbolicHead }: GuestImport): string {
  return `set -eu
umask 022
${GUEST_ENVIRONMENT}
target=${quoteShellWord(target)}
wanted=${quoteShellWord(symbolicHead ?? '')}
made=
locked=
lifted=
undo=
saved=
step=open
${readonlyFunctions(target)}
checkout() { GIT_INDEX_FILE="$made/index" git -c core.sparseCheckout=false read-tree "$@"; }
undo_checkout() {
  rm -f -- "$made/next"
  git diff-tree -r -z --no-renames --diff-filter=AMT --name-only "$undo" ${worktreeTree} | xargs -0 rm -f --
  checkout --reset ${worktreeTree}
  checkout --reset -u "$undo"
}
finish() {
  code=$?
  trap - EXIT
  trap '' HUP INT TERM PIPE
  unset GIT_INDEX_FILE
  [ "$code" -eq 0 ] || [ -z "$undo" ] || undo_checkout >/dev/null 2>&1 || :
  [ -z "$made" ] || rm -rf -- "$made" $locked
  [ "$code" -eq 0 ] || printf '${STEP_PREFIX}%s\\n' "$step" >&2
  if [ "$code" -eq 0 ]; then ${readonly ? 'protect' : '[ -z "$lifted" ] || unprotect'} || code=1
  elif [ -n "$lifted" ]; then protect || :; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM PIPE`;
}

const OPEN = `cd -- "$target" 2>/dev/null || { printf '%s is no longer there\\n' "$target" >&2; exit 1; }
[ -d .git ] || { printf '%s is no longer a repository\\n' "$target" >&2; exit 1; }
${AWAIT_UPDATE}
if [ ! -w . ] && is_mounted; then lifted=yes; lift; fi
[ ! -f ${LOCK} ] || ! read -r by boot pid < ${LOCK} || [ "$by" != banger ] || rm -f -- ${LOCK}`;

const MAKE_SCRATCH = `made=$PWD/${SCRATCH}
[ ! -e "$made" ] || rm -rf -- "$made"
mkdir -p .git/info "$made" .git/objects/pack`;

const LOCK_INDEX = `step=locked
read -r boot < ${BOOT_ID} || boot=
( set -C; echo "banger $boot $$" > ${LOCK} ) 2>/dev/null || { echo 'another git process is at work in it: .git/index.lock exists' >&2; exit 1; }
locked=${LOCK}`;

/** Names of packs are hashes of what is in them: one that is there already is the same. Its index comes last, for git. */
function receiveSteps({ pack, partial }: GuestImport): string {
  return `step=receive
tar -xof - -C "$made"
${partial ? promise(`.git/objects/pack/${pack}.promisor`) : ''}
${syncFiles(`"$made/${pack}.pack" "$made/${pack}.idx"`)}
mv -f -- "$made/${pack}.pack" "$made/${pack}.idx" .git/objects/pack/`;
}

/** Whoever works in the guest meanwhile must not lose it. */
function requireSame({ is, target }: GuestState): string {
  const found = [is.head, is.branch, is.index, is.tree, target].map(quoteShellWord).join(' ');
  return `set -- ${found}
if [ "$head" != "$1" ] || [ "$branch" != "$2" ] || [ "$index" != "$3" ] || [ "$tree" != "$4" ] || [ "$to" != "$5" ]; then
  echo 'it was changed in the guest meanwhile' >&2
  exit 1
fi`;
}

/** Nor is it to be a repository that lacks files, where more must come than what is new. */
function requireAsImported({ source }: GuestImport, imported: string): string {
  return `[ "$head $branch $index $tree" = "$was_head $was_branch $was_index $was_tree" ] || exit 1
[ "$head" = ${quoteShellWord(imported)} ] || exit 1
[ -z "$to" ] || [ "$to" = "$head" ] || exit 1
for file in .git/objects/pack/*.promisor; do [ ! -e "$file" ] || exit 1; done
if [ "$was_source" = ${quoteShellWord(source)} ]; then echo unchanged; exit 0; fi`;
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
if [ "$tree" != "$files" ] || [ "$index" != "$tree" ]; then
  echo 'git stash leaves something behind' >&2
  exit 1
fi`;

/**
 * `$made/index` becomes an index of all that is there, without what a sparse checkout leaves out: what the host no
 * longer has goes, what nobody has changed stays untouched. A file that changes right now stops it before anything else
 * has changed.
 */
function checkoutSteps({ worktreeTree, blobs }: GuestImport): string {
  return `step=checkout
if [ -s "$made/skipped" ]; then
  GIT_INDEX_FILE="$made/index" git update-index -z --force-remove --stdin < "$made/skipped"
  tree=$(GIT_INDEX_FILE="$made/index" git write-tree --missing-ok)
fi
undo=$tree
if ! checkout -m -u ${worktreeTree} 2> "$made/errors"; then
  cat "$made/errors" >&2
  # git has looked at all files before it changes any
  ! grep -qE 'not uptodate|would be (overwritten|removed)|would lose' "$made/errors" || undo=
  exit 1
fi
cp -p -- "$made/index" "$made/next"
${repositoriesSteps(blobs).join('\n')}
if [ -f .git/info/sparse-checkout ] && grep -qi sparsecheckout .git/config; then
  git config --unset-all core.sparsecheckout || :
  git config --unset-all core.sparsecheckoutcone || :
fi`;
}

interface Finish {
  readonly facts: GuestImport;
  readonly joins: boolean;
  /** blob of the list of refs that the guest got last */
  readonly knownRefs: string | undefined;
}

function finishSteps({ facts, joins, knownRefs }: Finish): string {
  const { head, symbolicHead, blobs, symbolicRefs } = facts;
  const lines = [
    indexSteps(facts, '"$made/next"'),
    'step=head',
    ...(joins ? [] : [shallowSteps(facts)]),
    ...infoSteps(facts),
  ];
  if (blobs.refs !== undefined) lines.push(refSteps(blobs.refs, knownRefs, symbolicHead));
  lines.push(...symbolicRefSteps(symbolicRefs));
  const message = `-m 'banger workspace prepare'`;
  if (head !== undefined && symbolicHead !== undefined) {
    // The index that goes with it is in place before HEAD can be seen to have moved.
    lines.push(`git update-ref ${message} ${quoteShellWord(symbolicHead)} ${head}`);
  }
  lines.push('undo=', 'mv -f -- "$made/next" .git/index');
  if (symbolicHead !== undefined)
    lines.push(`[ "$branch" = "$wanted" ] || git symbolic-ref ${message} HEAD "$wanted"`);
  if (symbolicHead === undefined && head !== undefined)
    lines.push(`git update-ref ${message} --no-deref HEAD ${head}`);
  lines.push(recordSteps(facts));
  const directory = quoteShellWord(facts.workingDirectory);
  lines.push(`step=finish\n[ -d ${directory} ] || mkdir -p -- ${directory}`);
  return lines.join('\n');
}

/** Where older history ends it still does, unless it came now. git tells the parents that a commit itself names. */
function shallowSteps({ blobs }: GuestImport): string {
  const fresh = blobs.shallow === undefined ? ':' : `git cat-file blob ${blobs.shallow}`;
  const steps = `{ ${fresh}; [ ! -f .git/shallow ] || cat .git/shallow; } | sort -u > "$made/shallow"
git --shallow-file /dev/null rev-list --no-walk --parents --ignore-missing --stdin < "$made/shallow" > "$made/parents"
while read -r id above; do [ -z "$above" ] || printf '%s\\n' $above; done < "$made/parents" |
  git cat-file --batch-check= | sed -n 's/ missing$//p' > "$made/missing"
grep -F -f "$made/missing" "$made/parents" | sed 's/ .*//' > "$made/ends"
if [ -s "$made/ends" ]; then mv -f -- "$made/ends" .git/shallow; else rm -f -- .git/shallow; fi`;
  return blobs.shallow === undefined ? `if [ -f .git/shallow ]; then\n${steps}\nfi` : steps;
}

/** A branch that somebody has moved in the guest stays where it is. */
function refSteps(refs: string, was: string | undefined, head: string | undefined): string {
  const known =
    was === undefined || was === '' ? '' : `git cat-file blob ${was} 2>/dev/null | sort > "$made/was" || :\n`;
  return `: > "$made/was"
${known}git for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags refs/remotes | sort > "$made/have"
git cat-file blob ${refs} | sort | comm -13 "$made/have" - | sort -k 2b,2 |
  while read -r id ref; do [ "$ref" = ${quoteShellWord(head ?? '')} ] || echo "$id $ref"; done > "$made/todo"
comm -23 "$made/have" "$made/was" | { grep ' refs/heads/' || :; } | sort -k 2b,2 > "$made/moved"
join -1 2 -2 2 -o 0 "$made/todo" "$made/moved" | sed 's/^/kept /'
join -1 2 -2 2 -v 1 -o 1.2,1.1 "$made/todo" "$made/moved" | sed 's/^/update /' > "$made/updates"
[ ! -s "$made/updates" ] || git update-ref --stdin < "$made/updates"`;
}
