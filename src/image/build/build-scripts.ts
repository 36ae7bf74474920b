/**
 * The parts of a build that run as the image's root: inside mmdebstrap, or in a user namespace of their own.
 * Constant texts; what varies comes as arguments and environment, never by putting a value into a text.
 */

/** Before apt is first used. BANGER_APT_OPTIONS: lines of apt.conf. */
export const SETUP_HOOK = `set -eu
if [ -n "\${BANGER_APT_OPTIONS:-}" ]; then
  mkdir -p "$1/etc/apt/apt.conf.d"
  printf '%s' "$BANGER_APT_OPTIONS" > "$1/etc/apt/apt.conf.d/00banger-build"
fi
`;

/**
 * The kernel is unpacked, not installed: its package would bring initramfs-tools and a boot loader's hooks.
 * BANGER_KERNEL_PACKAGE depends on linux-image-RELEASE; BANGER_KERNEL_COMPANIONS: further packages, * for RELEASE.
 */
export const KERNEL_HOOK = `set -eu
root=$1
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
image=$(apt-cache depends --important "$BANGER_KERNEL_PACKAGE" | sed -n 's/^ *Depends: \\(linux-image-[0-9][^ ]*\\)$/\\1/p' | head -n 1)
if [ -z "$image" ]; then
  echo "E: $BANGER_KERNEL_PACKAGE names no kernel" >&2
  exit 1
fi
set -f
set -- "$image"
for companion in $BANGER_KERNEL_COMPANIONS; do
  set -- "$@" "\${companion%%\\**}\${image#linux-image-}\${companion#*\\*}"
done
set +f
mkdir "$root/.banger-kernel"
cd "$root/.banger-kernel"
apt-get download "$@"
for package in *.deb; do dpkg-deb -x "$package" tree; done
if [ -d tree/usr/lib/modules ]; then modules=tree/usr/lib/modules; else modules=tree/lib/modules; fi
mkdir -p "$root/usr/lib/modules"
mv "$modules"/* "$root/usr/lib/modules/"
mv tree/boot/vmlinuz-* tree/boot/config-* "$root/boot/"
cd /
rm -rf "$root/.banger-kernel"
for release in "$root"/usr/lib/modules/*; do chroot "$root" depmod "\${release##*/}"; done
`;

/** What must not be the same in two machines, or is of no use in any. */
export const CLEANUP_HOOK = `set -eu
rm -f "$1/etc/apt/apt.conf.d/00banger-build" "$1/etc/apt/apt.conf.d/99mmdebstrap"
rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/resolv.conf" "$1/etc/hostname"
rm -rf "$1"/var/log/apt "$1"/var/log/*.log "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old
: > "$1/etc/machine-id"
: > "$1/etc/fstab"
`;

/**
 * Files to file systems: PACKAGES.tar GUEST.tar TREE DRAFT IMAGE SIZE WORK WORKSIZE PLACE, without mounting anything.
 * WORK is what a work disk begins as: the tree's /root alone, with a journal for more than its own size. No more room for
 * tables than mke2fs leaves by itself: with that for 8 TiB the kernel could not grow it (its journal was too small).
 * PLACE is "memory" where this is not really root: the tree's owners are then ids that only the namespace may remove,
 * so it lives in a tmpfs that ends with the namespace, however that ends.
 */
export const ROOT_SCRIPT = `set -eu
packages=$1 guest=$2 tree=$3 draft=$4 image=$5 size=$6 work=$7 work_size=$8 place=$9
umask 022
mkdir "$tree"
if [ "$place" = memory ]; then mount -t tmpfs -o mode=755 banger "$tree"; fi
tar -C "$tree" -p --numeric-owner --xattrs '--xattrs-include=*' --exclude='./dev/*' --exclude='./boot/vmlinuz-*' -xf "$packages"
tar -C "$tree" -p --numeric-owner -xf "$guest"
chmod 755 "$tree"
mke2fs -q -t ext4 -L bgr-root -m 0 -J size=32 -E lazy_itable_init=0,nodiscard -d "$tree" "$draft" "$size"
# mke2fs reserves what it zeroes (inode tables, journal: 160 MiB); in the copy it is holes
cp --sparse=always "$draft" "$image"
rm "$draft"
mke2fs -q -t ext4 -L bgr-work -b 4096 -I 256 -i 16384 -m 0 -J size=16 -E lazy_itable_init=0,nodiscard -d "$tree/root" "$draft" "$work_size"
cp --sparse=always "$draft" "$work"
rm "$draft"
if [ "$place" != memory ]; then rm -rf "$tree"; fi
`;
