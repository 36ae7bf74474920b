import { PACK_OPTIONS, packedMembers, PART_NAME_BYTES, PART_SUFFIX } from '../../contract/copy-archive.js';
import type { CopyTask, VmCopyParams } from '../../contract/index.js';
import { quoteShellWord as quote } from '../../core/ssh/index.js';
import { COPY_EXITS } from './copy-steps.js';
import { guestPath } from './guest-paths.js';
import { RESOLVE_FILE, RESOLVE_TREE, STAGE_AND_PLACE } from './target-scripts.js';

/** names as bytes, messages in English, nothing from the guest's own settings */
const PLAIN = 'export LC_ALL=C; unset TAR_OPTIONS POSIXLY_CORRECT TAPE';
/** hash of the kind `sha256sum` prints, without the name */
const DIGEST = 'sha256sum | cut -c 1-64';

/** The POSIX shell script, for the guest, of one step of a copy. @param workingDirectory in which it is run; absolute */
export function copyScript(params: VmCopyParams, workingDirectory: string): string {
  const paths = params.paths.map(guestPath);
  if (params.task === 'pack') return pack(paths, params.limit ?? Number.MAX_SAFE_INTEGER, workingDirectory);
  return lines(SCRIPTS[params.task](quote(paths[0] ?? '.'), params));
}

type Builder = (path: string, params: VmCopyParams) => string;

const SCRIPTS: Readonly<Record<Exclude<CopyTask, 'pack'>, Builder>> = {
  unpack: (path, { kind = 'several', name = '', mark = '' }) =>
    `dst=${path} kind=${kind} name=${quote(name)} mark=${quote(mark)}\n${RESOLVE_TREE}\n${STAGE_AND_PLACE}`,
  look: (path, { name = '' }) => `dst=${path} kind=file name=${quote(name)}\n${RESOLVE_FILE}\n${LOOK}`,
  write: (path, { offset = 0 }) => `target=${path} offset=${offset}\n${PART}\n${WRITE}`,
  finish: (path, { bytes = 0, mode = 0o644, modified = '' }) =>
    `target=${path} bytes=${bytes} mode=${mode.toString(8)} modified=${quote(modified)}\n${PART}\n${FINISH}`,
  digest: (path, { bytes = 0 }) => `head -c ${bytes} -- ${path} | ${DIGEST}`,
  read: (path, { offset = 0, bytes = 0, modified = '' }) =>
    `file=${path} offset=${offset} facts=${quote(`${bytes} ${modified}`)}\n${READ}`,
};

function lines(...parts: string[]): string {
  return [PLAIN, ...parts].join('\n');
}

function pack(paths: readonly string[], limit: number, workingDirectory: string): string {
  const words = paths.map(quote).join(' ');
  return lines(
    `for p in ${words}; do
  [ -e "$p" ] || [ -L "$p" ] || { printf %s "$p" >&2; exit ${COPY_EXITS.sourceMissing}; }
done
facts=$(stat -c '%f %s %b %B %.9Y' -- ${words}) || exit
printf '%s\\n' "$facts"`,
    paths.length === 1
      ? `case $facts in 8???' '*)
  set -- $facts
  if [ "$2" -ge ${limit} ] && { [ ${limit} -eq 0 ] || [ $(($3 * $4 / 7)) -ge $(($2 / 8)) ]; }; then echo file; exit 0; fi
esac`
      : '',
    `echo archive
exec tar ${[...PACK_OPTIONS, ...packedMembers(workingDirectory, paths)].map(quote).join(' ')}`,
  );
}

/** Beside the file, so that it can be renamed; a long name is cut. */
const PART = `base=\${target##*/}
part=\${target%/*}/.$(printf %.${PART_NAME_BYTES}s "$base")${PART_SUFFIX}`;

const LOOK = `${PART}
printf '%s\\0%s\\0' "$target" "$part"
if [ -f "$part" ] && [ ! -L "$part" ]; then
  exec 9<"$part"
  flock -n 9 || exit ${COPY_EXITS.targetBusy}
  size=$(stat -c %s -- "$part") || exit
  printf '%s\\0%s\\0' "$size" "$(head -c "$size" <&9 | ${DIGEST})"
else printf '\\0\\0'
fi`;

/**
 * A link of that name is none of ours. The lock ends with the shell that holds it. A part that became shorter since it was
 * looked at is not made longer, by zeros: another copy was faster.
 */
const WRITE = `[ ! -L "$part" ] || rm -f -- "$part"
exec 9>>"$part" || exit
flock -n 9 || exit ${COPY_EXITS.targetBusy}
[ "$(stat -c %s -- "$part")" -ge "$offset" ] || exit ${COPY_EXITS.cutOff}
truncate -s "$offset" -- "$part" && cat >&9`;

const FINISH = `[ "$(stat -c %s -- "$part")" = "$bytes" ] || exit ${COPY_EXITS.cutOff}
chmod "$mode" -- "$part" && touch -d "@$modified" -- "$part" && mv -fT -- "$part" "$target"`;

const READ = `if [ "$offset" = 0 ]; then cat -- "$file" || exit
else dd if="$file" bs=256k skip="$offset" iflag=skip_bytes status=none || exit
fi
[ "$facts" = '0 ' ] || [ "$(stat -c '%s %.9Y' -- "$file")" = "$facts" ] || exit ${COPY_EXITS.changed}`;
