import {
  COMPLAINT_PREFIX,
  FACT_PREFIX,
  OLDEST_OPENSSH,
  OLDEST_SYSTEMD,
  PACKAGE_MANAGERS,
  PROVISIONING_STATUS as STATUS,
} from './provisioning-status.js';

/** Where the script keeps what it makes for itself; on the tree's own disk, since package lists are large. */
const WORK = '/var/cache/banger-provisioning';

/** Part of the script: words, surroundings, and what becomes of its traces. */
export const PREPARATION = `set -u
umask 022
export LC_ALL=C HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# nothing asks, and nothing is started
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true SYSTEMD_OFFLINE=1 RUNLEVEL=1
work=${WORK}
policy=/usr/sbin/policy-rc.d forbidden=no

say() { printf '${COMPLAINT_PREFIX}%s\\n' "$*"; }
refuse() {
  status=$1
  shift
  say "$*"
  exit "$status"
}
fact() { printf '${FACT_PREFIX}%s=%s\\n' "$1" "$2" >&3; }

[ -c /dev/null ] || {
  echo '${COMPLAINT_PREFIX}/dev/null is no device' >&2
  exit ${STATUS.surroundings}
}
# Facts alone go to stdout: what programs say is for people.
exec 3>&1 1>&2 < /dev/null
[ "$(id -u)" = 0 ] || refuse ${STATUS.surroundings} 'it has to run as root'

# Is it there: a program by its name, anything else by its path
have() {
  case $1 in
    /*) [ -e "$1" ] && return 0 ;;
    *)
      for directory in /usr/sbin /usr/bin /sbin /bin; do
        [ -x "$directory/$1" ] && return 0
      done
      ;;
  esac
  return 1
}

clean() {
  rm -rf "$work"
  [ "$forbidden" = no ] || rm -f "$policy"
  [ ! -e "$policy.banger" ] || mv "$policy.banger" "$policy"
}
trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
rm -rf "$work"
mkdir -p "$work" || refuse ${STATUS.tree} "$work cannot be made"
`;

/** Part of the script: what this tree is. os-release is read, never run. */
export const DETECTION = `id='' version='' codename='' pretty=''
read_release() {
  count=0
  while [ "$count" -lt 200 ] && IFS= read -r line; do
    count=$((count + 1))
    value=\${line#*=}
    case $value in
      '"'*'"' | "'"*"'")
        value=\${value#?}
        value=\${value%?}
        ;;
    esac
    case \${line%%=*} in
      ID) id=$value ;;
      VERSION_ID) version=$value ;;
      VERSION_CODENAME) codename=$value ;;
      PRETTY_NAME) pretty=$value ;;
    esac
  done < "$1"
}
for release in /etc/os-release /usr/lib/os-release; do
  [ -f "$release" ] || continue
  read_release "$release"
  break
done
case $codename in *[!a-z0-9-]*) codename='' ;; esac
[ -n "$pretty" ] || pretty="\${id:-Linux} $version"

# e_machine of the shell's ELF header: with binfmt_misc a foreign one would run here as well.
case $(od -An -tx1 -j 18 -N 2 /bin/sh 2> /dev/null) in
  *'3e 00'* | '') ;;
  *) refuse ${STATUS.architecture} 'its programs are not for x86-64' ;;
esac

manager=''
for candidate in ${PACKAGE_MANAGERS.join(' ')}; do
  if have "$candidate"; then
    manager=$candidate
    break
  fi
done
[ -n "$manager" ] || refuse ${STATUS.packageManager} 'it has none of the package managers ${PACKAGE_MANAGERS.join(', ')}'
`;

/** Part of the script: what was installed is new enough. */
export const RELEASE_CHECK = `# leading digits of a word
number() {
  digits=\${1%%[!0-9]*}
  echo "\${digits:-0}"
}
if [ "$init" = systemd ]; then
  found=$(systemctl --version 2> /dev/null | head -n 1)
  found=\${found#systemd }
  [ "$(number "$found")" -ge ${OLDEST_SYSTEMD} ] || refuse ${STATUS.release} "its systemd is \${found:-unknown}; ${OLDEST_SYSTEMD} is the oldest that serves"
fi
# An unknown option makes any sshd tell its version.
found=$(sshd '-?' 2>&1 | sed -n 's/^.*OpenSSH_\\([0-9]*\\)\\.\\([0-9]*\\).*$/\\1 \\2/p' | head -n 1)
[ $(($(number "\${found% *}") * 100 + $(number "\${found#* }"))) -ge ${OLDEST_OPENSSH} ] || refuse ${STATUS.release} "its OpenSSH is \${found:-unknown}; 8.2 is the oldest that serves"
`;
