# Sourced by scripts/test.sh. The Debian packages that real VMs need. POSIX sh.

# program, package, what for
host_programs() {
  cat <<'END'
qemu-system-x86_64 qemu-system-x86 runs the VMs
qemu-img qemu-utils makes their disks
mmdebstrap mmdebstrap builds the default image from Debian packages
mke2fs e2fsprogs turns the image into a file system, without mounting it
cpio cpio packs the initramfs
lz4 lz4 compresses the initramfs
xz xz-utils unpacks the kernel
busybox busybox-static is the initramfs's only program
newuidmap uidmap lets the image be built without root
unshare util-linux lets the image be built without root
ssh openssh-client is what users connect with
git git imports repositories
zstd zstd unpacks Debian packages
depmod kmod lists the modules of kernels
unsquashfs squashfs-tools unpacks root file systems that are registered
umoci umoci unpacks images that the tests compare with
sshd openssh-server is what the tests of SSH talk to, on loopback; its service is neither started nor enabled
docker-registry docker-registry is what the tests of pulls talk to, on loopback; its service is neither started nor enabled
skopeo skopeo puts the images there that the tests pull
openssl openssl makes what the tests of pulls distrust, and verifies what those of catalogs have signed
mkfs.xfs xfsprogs makes a file system that the tests of disks run on
mkfs.btrfs btrfs-progs makes a file system that the tests of disks run on
END
}

# Lines of `host_programs` whose program is missing.
host_missing() {
  host_programs | while read -r program package why; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null 2>&1 || printf '%s %s %s\n' "$program" "$package" "$why"
  done
}

# Installs what is missing when that is possible, after saying what and why; otherwise says what to run, and fails.
host_install() {
  host_absent=$(host_missing)
  [ -n "$host_absent" ] || return 0
  echo 'missing on this host:'
  printf '%s\n' "$host_absent" | while read -r program package why; do
    printf '  %-20s (package %s) %s\n' "$program" "$package" "$why"
  done
  host_wanted=$(printf '%s\n' "$host_absent" | cut -d' ' -f2 | sort -u | tr '\n' ' ')
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "to install them, run as root: apt-get update && apt-get install --no-install-recommends $host_wanted"
    return 1
  fi
  echo "installing by apt-get: $host_wanted"
  # stale lists are no reason to give up: the install says what it could not find
  apt-get update -qq || echo 'apt-get update failed; trying with the package lists that are there'
  # shellcheck disable=SC2086 # one word per package
  host_without_services env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $host_wanted >/dev/null || return 1
  case " $host_wanted" in
    *' openssh-server '*) [ ! -d /run/systemd/system ] || systemctl -q disable ssh.service || return 1 ;;
  esac
  case " $host_wanted" in
    *' docker-registry '*) [ ! -d /run/systemd/system ] || systemctl -q disable docker-registry.service || return 1 ;;
  esac
  host_absent=$(host_missing)
  [ -z "$host_absent" ] || {
    echo "still missing after the installation: $host_absent"
    return 1
  }
}

# Runs a command during which packages start no service (Debian's policy-rc.d; one that is there is left alone).
host_without_services() {
  host_policy=/usr/sbin/policy-rc.d
  if [ -e "$host_policy" ]; then
    "$@"
    return
  fi
  # In a subshell, so that Ctrl-C takes it away too: left behind, no service would ever be started again.
  (
    trap 'rm -f "$host_policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' >"$host_policy" && chmod 755 "$host_policy"
    "$@"
  )
}
