import { STAGING_PREFIX, UNPACK_OPTIONS } from '../../contract/copy-archive.js';
import { COPY_EXITS } from './copy-steps.js';

const REFUSE = `refuse() { printf %s "$1" >&2; exit ${COPY_EXITS.targetInvalid}; }`;

/**
 * Where things go, as cp has it: `into` a directory that is there, or to the name `as` in `into`.
 * Reads `dst`, `kind` (of CopySourceKind) and `name`.
 */
export const RESOLVE_TREE = `${REFUSE}
as=
if [ -d "$dst" ]; then
  into=$dst
  case $kind in file|directory)
    at=$into/$name
    if [ -d "$at" ] && [ ! -L "$at" ]; then [ "$kind" = directory ] || refuse "$at is a directory there"
    elif [ -e "$at" ] || [ -L "$at" ]; then [ "$kind" = file ] || refuse "$at is there, and no directory"
    fi
  esac
elif [ "$kind" = several ]; then refuse 'several things need a directory that is there'
else
  if [ -e "$dst" ] || [ -L "$dst" ]; then [ "$kind" = file ] || refuse 'it is there, and no directory'; fi
  bare=$dst
  while :; do case $bare in ?*/) bare=\${bare%/}; [ "$kind" != file ] || refuse 'it is no directory that is there';; *) break;; esac; done
  as=\${bare##*/} into=\${bare%/*}
  into=\${into:-/}
  [ -d "$into" ] || refuse "its directory $into is not there"
fi`;

/** The same for one file; sets `target`. */
export const RESOLVE_FILE = `${RESOLVE_TREE}
target=\${into%/}/\${as:-$name}`;

/**
 * Refuses what has no room in `into`, before anything is moved: a directory where a file is, or a link, or a file where a
 * directory is. Where there is nothing yet it looks no further down.
 */
const CLASHES = `clashes() (
  for entry in "$stage$1"/* "$stage$1"/.[!.]* "$stage$1"/..?*; do
    below=\${entry#"$stage"}
    at=\${into%/}$below
    [ -e "$at" ] || [ -L "$at" ] || continue
    if [ ! -e "$entry" ] && [ ! -L "$entry" ]; then continue
    elif [ ! -d "$entry" ] || [ -L "$entry" ]; then
      [ ! -d "$at" ] || [ -L "$at" ] || refuse "$at is a directory there"
    elif [ -L "$at" ]; then refuse "$at is a symbolic link, which is not followed"
    elif [ ! -d "$at" ]; then refuse "$at is there, and no directory"
    else clashes "$below" || exit
    fi
  done
)`;

/**
 * All that comes is put into a directory of its own beside its place first. An archive without the mark was cut off: its
 * sender is gone. What is left by a copy that could not clean up (a reboot) goes when a later one comes by, and is a
 * minute old, and nobody holds its lock.
 */
export const STAGE_AND_PLACE = `for old in "$into"/${STAGING_PREFIX}*; do
  [ -d "$old" ] && find "$old" -maxdepth 0 -mmin +1 -exec flock -n {} rm -rf {} ';'
done
stage=$(mktemp -d "\${into%/}/${STAGING_PREFIX}XXXXXXXXXX") || exit
trap 'chmod -R u+rwX "$stage" 2>/dev/null; rm -rf -- "$stage"' EXIT
trap 'exit 129' HUP INT TERM
exec 9<"$stage"
flock -n 9
tar ${UNPACK_OPTIONS.join(' ')} -C "$stage" || exit
[ -f "$stage/$mark" ] || exit ${COPY_EXITS.cutOff}
rm -f -- "$stage/$mark"
${CLASHES}
[ -n "$as" ] || clashes '' || exit
place() {
  if [ "$kind" = contents ] && [ -n "$as" ]; then mv -T -- "$stage" "$into/$as"; return; fi
  if [ "$kind" = contents ]; then
    chmod --reference="$into" -- "$stage" && chown --reference="$into" -- "$stage" &&
      cp -al --remove-destination -- "$stage/." "$into/"
    return
  fi
  if [ -n "$as" ]; then mv -fT -- "$stage/$name" "\${into%/}/$as"; return; fi
  set --
  for entry in "$stage"/* "$stage"/.[!.]* "$stage"/..?*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    at=\${into%/}/\${entry##*/}
    if [ -d "$at" ] && [ ! -L "$at" ] && [ -d "$entry" ] && [ ! -L "$entry" ]; then
      cp -al --remove-destination -- "$entry" "$into/" || return
    else set -- "$@" "$entry"
    fi
  done
  [ $# = 0 ] || mv -f -t "$into/" -- "$@"
}
place || exit ${COPY_EXITS.placing}`;
