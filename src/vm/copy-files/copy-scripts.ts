import { PACK_OPTIONS, packedMembers, PART_NAME_BYTES, PART_SUFFIX } from '../../contract/copy-archive.js';
import type { CopySourceKind, VmCopyParams } from '../../contract/index.js';
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
  const path = quote(paths[0] ?? '.');
  const { offset = 0, bytes = 0, limit = Number.MAX_SAFE_INTEGER } = params;
  switch (params.task) {
    case 'pack':
      return pack(paths, limit, workingDirectory);
    case 'unpack':
      return unpack(path, params.kind ?? 'several', { name: params.name ?? '', mark: params.mark ?? '' });
    case 'look':
      return lines(`dst=${path} kind=file name=${quote(params.name ?? '')}`, RESOLVE_FILE, LOOK);
    case 'write':
      return lines(`target=${path} offset=${offset}`, PART, WRITE);
    case 'finish':
      return lines(
        `target=${path} bytes=${bytes} mode=${(params.mode ?? 0o644).toString(8)}`,
        `modified=${quote(params.modified ?? '')}`,
        PART,
        FINISH,
      );
    case 'digest':
      return lines(`head -c ${bytes} -- ${path} | ${DIGEST}`);
    case 'read':
      return lines(
        `file=${path} offset=${offset}`,
        `facts=${quote(`${bytes} ${params.modified ?? ''}`)}`,
        READ,
      );
  }
}

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

function unpack(path: string, kind: CopySourceKind, { name, mark }: { name: string; mark: string }): string {
  return lines(
    `dst=${path} kind=${kind} name=${quote(name)} mark=${quote(mark)}`,
    RESOLVE_TREE,
    STAGE_AND_PLACE,
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

/** A link of that name is none of ours. The lock ends with the shell that holds it. */
const WRITE = `[ ! -L "$part" ] || rm -f -- "$part"
exec 9>>"$part" || exit
flock -n 9 || exit ${COPY_EXITS.targetBusy}
truncate -s "$offset" -- "$part" && cat >&9`;

const FINISH = `[ "$(stat -c %s -- "$part")" = "$bytes" ] || exit ${COPY_EXITS.cutOff}
chmod "$mode" -- "$part" && touch -d "@$modified" -- "$part" && mv -fT -- "$part" "$target"`;

const READ = `if [ "$offset" = 0 ]; then cat -- "$file" || exit
else dd if="$file" bs=256k skip="$offset" iflag=skip_bytes status=none || exit
fi
[ "$facts" = '0 ' ] || [ "$(stat -c '%s %.9Y' -- "$file")" = "$facts" ] || exit ${COPY_EXITS.changed}`;
