/**
 * What the steps of a recipe run in the tree, by its own sh. Constant texts; what varies comes as arguments and
 * environment, never by putting a value into a text. All output goes to stderr, of which a failure shows the end.
 */

/**
 * BANGER_APT_OPTIONS: lines of apt.conf by which the host reaches its mirrors. Services of packages are not started, as
 * there is nothing that they could run in.
 */
const PREPARE = `set -eu
exec >&2 < /dev/null
if [ -n "\${BANGER_APT_OPTIONS:-}" ]; then
  printf '%s' "$BANGER_APT_OPTIONS" > /run/banger-apt.conf
  export APT_CONFIG=/run/banger-apt.conf
fi
unset BANGER_APT_OPTIONS
policy=/usr/sbin/policy-rc.d
if [ -d /usr/sbin ] && [ ! -e $policy ] && [ ! -L $policy ]; then
  printf '#!/bin/sh\\nexit 101\\n' > $policy
  chmod 755 $policy
  trap 'rm -f $policy' EXIT
fi
`;

/** Installs the packages that are its arguments. Lists and archives do not stay. */
export const INSTALL_PACKAGES = `${PREPARE}
if command -v apt-get > /dev/null; then
  set -- -q -y -o APT::Install-Recommends=false -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef \\
    -o Dpkg::Options::=--force-confold -o APT::Sandbox::User=root -- "$@"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any -o Acquire::Languages=none update
  apt-get install "$@"
  apt-get clean
  rm -rf /var/lib/apt/lists/*
elif command -v apk > /dev/null; then apk add --no-cache "$@"
else
  echo 'E: the image has neither apt-get nor apk, which could install packages' >&2
  exit 1
fi
`;

/** Makes the users that are its arguments, unless they are there. */
export const MAKE_USERS = `${PREPARE}
for user; do
  if grep -q "^$user:" /etc/passwd; then continue; fi
  if [ -x /bin/bash ]; then shell=/bin/bash; else shell=/bin/sh; fi
  if command -v useradd > /dev/null; then useradd --create-home --user-group --shell "$shell" "$user"
  else adduser -D -s "$shell" "$user"; fi
  if [ -d /etc/sudoers.d ]; then
    printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\\n' "$user" > "/etc/sudoers.d/50-banger-$user"
    chmod 440 "/etc/sudoers.d/50-banger-$user"
  fi
done
`;

/** Unpacks the archive on its standard input, then sets owners: OWNER PATH and so on are its arguments. */
export const PLACE_FILES = `set -eu
exec >&2
umask 022
tar -C / -xpf -
while [ $# -gt 0 ]; do
  chown -h "$1" "$2"
  shift 2
done
`;

/** USER COMMAND NAME=VALUE…: the variables become the command's own here, where no program of the host sees them. */
export const RUN_COMMAND = `${PREPARE}
user=$1 text=$2
shift 2
for variable; do export "$variable"; done
found=
while IFS=: read -r name _ uid gid _ home _; do
  if [ "$name" = "$user" ]; then
    found=yes
    break
  fi
done < /etc/passwd
if [ -z "$found" ]; then
  echo "E: there is no user $user" >&2
  exit 1
fi
export HOME="$home" USER="$user" LOGNAME="$user"
cd "$home"
if [ "$uid" = 0 ]; then sh -e -c "$text"
elif setpriv --help 2>&1 | grep -q -e --reuid; then setpriv --reuid="$uid" --regid="$gid" --init-groups sh -e -c "$text"
else su -s /bin/sh "$user" -c "set -e
$text"; fi
`;

/** Has the services that are its arguments start with the machine. */
export const ENABLE_SERVICES = `${PREPARE}
for service; do
  if command -v systemctl > /dev/null; then systemctl --root=/ enable -- "$service"
  elif command -v rc-update > /dev/null; then rc-update add "$service" default
  else
    echo 'E: the image has neither systemctl nor rc-update, which could enable services' >&2
    exit 1
  fi
done
`;

/**
 * The last thing, whatever the steps were: ROOTSECTORS WORKSECTORS [ENVIRONMENT SSHD]. What must not be the same in two
 * machines goes, and so do the logs of the build; files tell the guest how large its disks were made, and its variables.
 */
export const FINISH = `set -eu
exec >&2 < /dev/null
umask 022
rm -f /etc/ssh/ssh_host_*
if [ -e /etc/machine-id ]; then : > /etc/machine-id; fi
rm -rf /var/log/apt /var/log/*.log /var/cache/debconf/*-old /var/lib/dpkg/*-old
for entry in /tmp/* /tmp/.[!.]*; do rm -rf "$entry"; done
mkdir -p /var/lib/banger
echo "$1" > /var/lib/banger/root-sectors
echo "$2" > /var/lib/banger/work-sectors
if [ $# -gt 2 ]; then
  mkdir -p /etc/banger /etc/profile.d /etc/ssh/sshd_config.d
  printf '%s' "$3" > /etc/banger/image-environment
  printf '%s' "$4" > /etc/ssh/sshd_config.d/00-banger-recipe.conf
  # sorts before banger.sh, which brings the VM's own
  printf '# banger: environment of the image\\n. /etc/banger/image-environment\\n' > /etc/profile.d/banger-image.sh
fi
`;
