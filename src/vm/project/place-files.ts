import { basename } from 'node:path';
import type { PlacedFile } from './project-reader.js';

/**
 * Runs in the guest, in the repository that was imported there: files of it get a second place. It is the guest's copy
 * that is read, so that no path and no link can ever name a file of the host. Arguments: from, to and mode (or '') in turn.
 */
export const PLACE_SCRIPT = `
set -eu
umask 022
top=$(pwd -P)
while [ $# -gt 2 ]; do
  real=$(readlink -f -- "$1") || real=
  case $real in
    "$top"/*) ;;
    *) printf '%s leads out of the repository\\n' "$1" >&2; exit 1 ;;
  esac
  [ -e "$real" ] || { printf '%s was not imported: it does not exist, or git ignores it\\n' "$1" >&2; exit 1; }
  [ -f "$real" ] || { printf '%s is no file\\n' "$1" >&2; exit 1; }
  [ ! -d "$2" ] || { printf '%s is a directory in the VM\\n' "$2" >&2; exit 1; }
  parent=\${2%/*}
  mkdir -p -- "$parent/"
  rm -f -- "$2"
  cp -- "$real" "$2"
  [ -z "$3" ] || chmod -- "$3" "$2"
  shift 3
done
`;

export function placeArguments(files: readonly PlacedFile[]): string[] {
  return files.flatMap(({ from, to, mode }) => [`./${from}`, placeOf(from, to), mode ?? '']);
}

/** As cp has it: what is written as a directory gets the file under its own name. */
function placeOf(from: string, to: string): string {
  return to.endsWith('/') ? `${to}${basename(from)}` : to;
}
