import { quoteShellWord } from '../../core/ssh/index.js';

/** Pieces of the scripts that import a repository and that bring it up to date. */

/** Of everything in the guest no config but what the repository needs has a say, and no hook. */
export const GUEST_ENVIRONMENT = `export LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_NO_REPLACE_OBJECTS=1 GIT_NO_LAZY_FETCH=1
export GIT_CONFIG_COUNT=4 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
export GIT_CONFIG_KEY_1=core.fsmonitor GIT_CONFIG_VALUE_1=false GIT_CONFIG_KEY_2=core.hooksPath GIT_CONFIG_VALUE_2=/dev/null
export GIT_CONFIG_KEY_3=gc.auto GIT_CONFIG_VALUE_3=0`;

/** File of a repository in the guest that says what was imported, below its top. */
export const RECORD_FILE = '.git/banger/import';

/**
 * `look` says what there is: `head` (empty without a commit), `branch` (full name; empty when detached), `index` (id of
 * its tree, or of the list of what is in conflict) and `tree` (of all that is there, committed or not). Afterwards
 * `$made/index` is an index of all that is there.
 */
export const LOOK = `look() {
  head=$(git rev-parse -q --verify 'HEAD^{commit}') || head=
  branch=$(git symbolic-ref -q HEAD) || branch=
  rm -f -- "$made/index"
  [ ! -e .git/index ] || cp -p -- .git/index "$made/index"
  index=$(GIT_INDEX_FILE="$made/index" git write-tree --missing-ok 2>/dev/null) || index=$(git ls-files -u | git hash-object --stdin)
  GIT_INDEX_FILE="$made/index" git -c advice.addEmbeddedRepo=false add -u
  GIT_INDEX_FILE="$made/index" git ls-files -z -o --exclude-standard > "$made/others"
  { grep -zv '/$' "$made/others" || :; } | GIT_INDEX_FILE="$made/index" git update-index -z --add --stdin
  tree=$(GIT_INDEX_FILE="$made/index" git write-tree --missing-ok)
}`;

/** The disk that `directory` is on has room. A disk that is mounted right there is the work disk; the step tells which one is too small. */
export function checkDisk(directory: string, requiredBytes: number): string {
  return `step=check-disk
set -- $(df -Pk ${directory} | tail -n 1)
[ "$6" != ${directory.replace(/\/"$/, '"')} ] || step=check-work-disk
if [ "$4" -lt ${Math.ceil(requiredBytes / 1024)} ]; then
  printf 'the guest has %s MiB free, and the repository needs ${Math.ceil(requiredBytes / 1_048_576)}\\n' "$(($4 / 1024))" >&2
  exit 1
fi`;
}

/** Ids of what was imported, of the source that it was made of, and of the list of refs. */
export function writeRecord(
  known: { head: string | undefined; branch: string | undefined; index: string; tree: string } | undefined,
  { source, refs = '' }: { source: string; refs?: string | undefined },
): string {
  const values =
    known === undefined
      ? '"$head" "$branch" "$index" "$tree"'
      : [known.head ?? '', known.branch ?? '', known.index, known.tree].map(quoteShellWord).join(' ');
  const lines = 'head %s\\nbranch %s\\nindex %s\\ntree %s\\nsource %s\\nrefs %s\\n';
  return `printf '${lines}' ${values} ${quoteShellWord(source)} ${quoteShellWord(refs)} > ${RECORD_FILE}.new
mv -f -- ${RECORD_FILE}.new ${RECORD_FILE}`;
}

export function fromBlob(blob: string | undefined, command: string): string[] {
  return blob === undefined ? [] : [`git cat-file blob ${blob} | ${command}`];
}

export function fileFromBlob(blob: string | undefined, file: string): string[] {
  return blob === undefined ? [] : [`git cat-file blob ${blob} > ${file}`];
}
