import { PROVISIONING_STATUS as STATUS } from './provisioning-status.js';

/**
 * Per package manager: package, and what tells that it is there (a program, or a path). What banger itself runs in a
 * guest, and what makes a container's tree a machine; no more, since the image is its maker's choice.
 */
const NEEDS = {
  apt: `systemd systemctl
systemd-sysv /sbin/init
udev udevadm
dbus dbus-daemon
openssh-server sshd
qemu-guest-agent qemu-ga
iproute2 ip
e2fsprogs resize2fs
e2fsprogs e2fsck
kmod modprobe
mount mount
procps ps
tar tar
perl-base perl
git git
ca-certificates /etc/ssl/certs/ca-certificates.crt`,
  apk: `openrc openrc
openssh-server sshd
openssh-sftp-server /usr/lib/ssh/sftp-server
qemu-guest-agent qemu-ga
iproute2-minimal ip
e2fsprogs e2fsck
e2fsprogs-extra resize2fs
kmod kmod
busybox mount
busybox ps
busybox tar
perl perl
git git
ca-certificates /etc/ssl/certs/ca-certificates.crt`,
  dnf: `systemd systemctl
systemd /sbin/init
systemd-udev udevadm
openssh-server sshd
qemu-guest-agent qemu-ga
iproute ip
e2fsprogs resize2fs
e2fsprogs e2fsck
kmod modprobe
util-linux mount
procps-ng ps
tar tar
findutils find
perl-interpreter perl
git-core git
ca-certificates /etc/pki/tls/certs/ca-bundle.crt`,
} as const;

/** Part of the script: which packages are missing, as words in `packages`. */
export const SELECTION = `init=systemd
case $manager in
  apt-get) needs='${NEEDS.apt}' ;;
  apk)
    init=openrc
    needs='${NEEDS.apk}'
    ;;
  *) needs='${NEEDS.dnf}' ;;
esac

# An /sbin/init that is not systemd's is that of a container, or of another init system.
is_missing() {
  have "$1" || return 0
  [ "$1" = /sbin/init ] || return 1
  case $(readlink -f /sbin/init) in
    */systemd/systemd) return 1 ;;
  esac
}

select_packages() {
  packages='' count=0
  while read -r package sign; do
    is_missing "$sign" || continue
    case " $packages " in
      *" $package "*) ;;
      *) packages="$packages\${packages:+ }$package" count=$((count + 1)) ;;
    esac
  done << END
$needs
END
}
`;

/** Part of the script: apk and dnf, and what comes before and after any installation. */
export const INSTALLATION = `with_apk() {
  # shellcheck disable=SC2086 # a word a package
  apk add --no-cache --no-progress $packages || refuse ${STATUS.download} 'apk could not install the packages'
}

with_dnf() {
  erasing=''
  [ "$manager" = microdnf ] || erasing=--allowerasing
  # shellcheck disable=SC2086 # a word a package
  "$manager" -y --setopt=install_weak_deps=0 --setopt=tsflags=nodocs --setopt=keepcache=0 --setopt=cachedir="$work/dnf" $erasing install $packages ||
    refuse ${STATUS.download} "$manager could not install the packages"
}

# Debian's way to start no service. Containers bring one that forbids all for ever; a machine must not have that.
forbid_services() {
  [ -d "\${policy%/*}" ] || mkdir -p "\${policy%/*}"
  if [ -e "$policy" ] && ! grep -q 'exit 101' "$policy"; then mv "$policy" "$policy.banger"; fi
  forbidden=yes
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy" || refuse ${STATUS.tree} "$policy cannot be written"
}

# What the installation writes there is of no use to another machine.
logs='/var/log/alternatives.log /var/log/dpkg.log /var/log/fontconfig.log /var/log/dnf.log /var/log/dnf.librepo.log /var/log/dnf.rpm.log /var/log/dnf5.log /var/log/hawkey.log /var/log/apk.log'
new_logs=''
for log in $logs; do
  [ -e "$log" ] || new_logs="$new_logs $log"
done

[ "$manager" != apt-get ] || forbid_services
select_packages
if [ -n "$packages" ]; then
  say "installs by $manager: $packages"
  case $manager in
    apt-get) with_apt ;;
    apk) with_apk ;;
    *) with_dnf ;;
  esac
fi
# shellcheck disable=SC2086 # a word a path
rm -f $new_logs
installed=$count
select_packages
[ -z "$packages" ] || refuse ${STATUS.incomplete} "still missing after the installation: $packages"
`;
