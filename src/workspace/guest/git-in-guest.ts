/**
 * For scripts in the guest: git runs nothing that config names, asks nobody, fetches nothing,
 * takes no lock it can do without, and compresses in a hurry what travels once, over loopback.
 */
export const GIT_IN_GUEST = `export LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0 GIT_NO_REPLACE_OBJECTS=1 GIT_NO_LAZY_FETCH=1
export GIT_CONFIG_COUNT=5 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
export GIT_CONFIG_KEY_1=core.fsmonitor GIT_CONFIG_VALUE_1=false GIT_CONFIG_KEY_2=core.hooksPath GIT_CONFIG_VALUE_2=/dev/null
export GIT_CONFIG_KEY_3=gc.auto GIT_CONFIG_VALUE_3=0 GIT_CONFIG_KEY_4=core.compression GIT_CONFIG_VALUE_4=1`;

/** Goes to the directory `$path`. */
export const ENTER_PATH = `command -v git >/dev/null || { echo 'git is not installed in the guest' >&2; exit 1; }
cd -- "$path" 2>/dev/null || { printf '%s is no longer there\\n' "$path" >&2; exit 1; }`;

/** Makes a directory, `$made`: in memory where the disk has no room for one, for work must come out of a full guest too. */
export function makeTemporary(name: string): string {
  return `made=$(mktemp -d /var/tmp/${name}.XXXXXX 2>/dev/null) || made=$(mktemp -d /dev/shm/${name}.XXXXXX)`;
}

/** Ends the script unless `$top`, a variable or a command, is where it is. */
export function requireTopOfRepository(top: string): string {
  return `[ "${top}" = "$(pwd -P)" ] || { printf '%s is no longer a repository\\n' "$path" >&2; exit 1; }`;
}

/**
 * Goes to the top of the repository at `$path`, and sets `$objects` and `$index` to where they are. Where `.git` is a
 * directory, as an import makes it, git is told so, and need not look for it, nor find another above.
 */
export const ENTER_REPOSITORY = `${ENTER_PATH}
no_repository() {
  git rev-parse 2>/dev/null || printf '%s is no longer a repository\\n' "$path" >&2
  exit 1
}
objects=.git/objects index=.git/index
if [ -d .git ]; then
  export GIT_DIR=.git GIT_WORK_TREE=.
else
  facts=$(git rev-parse --path-format=absolute --show-toplevel --git-path objects --git-path index) || no_repository
  { IFS= read -r top; IFS= read -r objects; IFS= read -r index; } <<FACTS
$facts
FACTS
  ${requireTopOfRepository('$top')}
fi`;

/** Sets `$branch` to the ref that HEAD points to, empty where that is a commit. Its file says so, in most repositories. */
export const READ_BRANCH = `first= branch=
[ ! -d .git ] || [ -L .git/HEAD ] || read -r first branch < .git/HEAD || :
case "$first $branch" in
  'ref: refs/heads/.invalid') branch=$(git symbolic-ref -q HEAD) || branch= ;;
  'ref: refs/'*) ;;
  ref:* | ' ') branch=$(git symbolic-ref -q HEAD) || branch= ;;
  *) branch= ;;
esac`;
