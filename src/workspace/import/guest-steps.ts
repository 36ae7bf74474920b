import { quoteShellWord } from '../../core/ssh/index.js';
import { READ_BRANCH } from '../guest/git-in-guest.js';

/** Pieces of the scripts that import a repository and that bring it up to date. */

/**
 * Of everything in the guest no config but what the repository needs has a say, and no hook. A git-lfs of the guest
 * leaves pointers as they are: there is no remote that it could ask for the files.
 */
export const GUEST_ENVIRONMENT = `export LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_NO_REPLACE_OBJECTS=1 GIT_NO_LAZY_FETCH=1
export GIT_CONFIG_COUNT=4 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
export GIT_CONFIG_KEY_1=core.fsmonitor GIT_CONFIG_VALUE_1=false GIT_CONFIG_KEY_2=core.hooksPath GIT_CONFIG_VALUE_2=/dev/null
export GIT_CONFIG_KEY_3=gc.auto GIT_CONFIG_VALUE_3=0
export GIT_LFS_SKIP_SMUDGE=1`;

/** File of a repository in the guest that says what was imported, below its top. */
export const RECORD_FILE = '.git/banger/import';

/** git's own lock of the index; ours names the boot of the guest and the process that holds it. */
export const LOCK = '.git/index.lock';
export const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * Reads the record into `$was_head` and so on, empty where there is none.
 * @param each commands for each line that is known, with `$key` and `$value`
 */
export function readRecord(each = ':'): string {
  return `was_head= was_branch= was_index= was_tree= was_source=
if [ -f ${RECORD_FILE} ]; then
  while read -r key value; do
    case $key in
      head) was_head=$value ;;
      branch) was_branch=$value ;;
      index) was_index=$value ;;
      tree) was_tree=$value ;;
      source) was_source=$value ;;
      refs) ;;
      *) continue ;;
    esac
    ${each}
  done < ${RECORD_FILE}
fi`;
}

/** `s`; an update whose daemon was killed goes on to its end, where it is past the point of return */
const AWAIT_SECONDS = 60;

/** Ends when no other update is at work here. One that died with the guest, or was killed, leaves its lock. */
export const AWAIT_UPDATE = `is_updated() {
  [ -f ${LOCK} ] && read -r by boot pid < ${LOCK} && [ "$by" = banger ] &&
    read -r now < ${BOOT_ID} && [ "$boot" = "$now" ] && kill -0 "$pid" 2>/dev/null
}
waited=0
while is_updated && [ "$waited" -lt ${AWAIT_SECONDS} ]; do
  waited=$((waited + 1))
  sleep 1
done
if is_updated; then
  step=locked
  echo 'another update of it is still at work' >&2
  exit 1
fi`;

/**
 * What git does with packs of its own: it syncs refs, and one that outlives the guest's going down must not lead to
 * objects that do not. @param files words of the shell
 */
export function syncFiles(files: string): string {
  return `sync -- ${files} 2>/dev/null || sync`;
}

/** Where the daemon is gone, or has closed the channel, the script ends here, by SIGPIPE. */
export const ASK_FOR_LISTENER = 'echo';

/**
 * `look` says what there is: `head` (empty without a commit), `files` (its tree), `to` (commit of the branch `$wanted`),
 * `branch` (full name; empty when detached), `index` (id of its tree, or of the list of what is in conflict) and `tree`
 * (of all that is there, committed or not). Afterwards `$made/index` is an index of all that is there, and `$made/skipped`
 * names the files that it has although they need not be there. More that git is to `$ask` for is answered in `$ids`.
 * A process of git takes long in an emulated guest: one answers for all ids, another for all names.
 */
export const LOOK = `: "\${wanted=}" "\${ask=}"
take() {
  read -r type id || type=
  case $type in commit | tree) ;; *) id= ;; esac
}
look() {
  ${READ_BRANCH}
  ids=$(printf '%s\\n' 'HEAD^{commit}' 'HEAD^{tree}' "$wanted^{commit}" $ask |
    git cat-file --batch-check='%(objecttype) %(objectname)')
  { take; head=$id; take; files=$id; take; to=$id; } <<-END
$ids
END
  if [ -e .git/index ]; then cp -p -- .git/index "$made/index"; else rm -f -- "$made/index"; fi
  index=$(GIT_INDEX_FILE="$made/index" git write-tree --missing-ok 2>/dev/null) || index=$(git ls-files -u | git hash-object --stdin)
  GIT_INDEX_FILE="$made/index" git -c advice.addEmbeddedRepo=false add -u
  GIT_INDEX_FILE="$made/index" git ls-files -z -v -c -o --exclude-standard > "$made/names"
  sed -zn -e "s/^[Ss] //w $made/skipped" -e t -e '/^? .*\\/$/d' -e 's/^? //p' "$made/names" > "$made/others"
  [ ! -s "$made/others" ] || GIT_INDEX_FILE="$made/index" git update-index -z --add --stdin < "$made/others"
  tree=$(GIT_INDEX_FILE="$made/index" git write-tree --missing-ok)
}`;

/** The disk that `directory` is on has room; the words of df's heading are seven. A disk that is mounted right there is the work disk; the step tells which one is too small. */
export function checkDisk(directory: string, requiredBytes: number): string {
  return `step=check-disk
set -- $(df -Pk ${directory})
[ "\${13}" != ${directory.replace(/\/"$/, '"')} ] || step=check-work-disk
if [ "\${11}" -lt ${Math.ceil(requiredBytes / 1024)} ]; then
  printf 'the guest has %s MiB free, and the repository needs ${Math.ceil(requiredBytes / 1_048_576)}\\n' "$((\${11} / 1024))" >&2
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

/** A list that is short, and of plain names, is a text. */
export function indexInfoFromBlob(
  { texts }: { readonly texts: Readonly<Record<string, string>> },
  blob: string | undefined,
): string[] {
  const text = blob === undefined ? undefined : texts[blob];
  if (text === undefined) return fromBlob(blob, 'git update-index -z --index-info');
  return [`printf '%s' ${quoteShellWord(text)} | git update-index --index-info`];
}

export function fileFromBlob(
  { texts }: { readonly texts: Readonly<Record<string, string>> },
  blob: string | undefined,
  file: string,
): string[] {
  if (blob === undefined) return [];
  const text = texts[blob];
  return [
    text === undefined
      ? `git cat-file blob ${blob} > ${file}`
      : `printf '%s' ${quoteShellWord(text)} > ${file}`,
  ];
}
