/**
 * The parts of a build that run inside mmdebstrap, as the image's root.
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
 * BANGER_KERNEL_ALONE: package of the busybox that is wanted of a root with nothing in it, which has no depmod either.
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
mkdir -p "$root/boot"
cd "$root/.banger-kernel"
apt-get download "$@" \${BANGER_KERNEL_ALONE:-}
for package in *.deb; do dpkg-deb -x "$package" tree; done
if [ -d tree/usr/lib/modules ]; then modules=tree/usr/lib/modules; else modules=tree/lib/modules; fi
mkdir -p "$root/usr/lib/modules"
mv "$modules"/* "$root/usr/lib/modules/"
mv tree/boot/vmlinuz-* tree/boot/config-* "$root/boot/"
if [ -n "\${BANGER_KERNEL_ALONE:-}" ]; then
  mkdir -p "$root/usr/bin"
  for program in tree/bin/busybox tree/usr/bin/busybox; do
    if [ -f "$program" ]; then cp "$program" "$root/usr/bin/busybox"; fi
  done
  [ -e "$root/lib" ] || ln -s usr/lib "$root/lib"
fi
cd /
rm -rf "$root/.banger-kernel"
for release in "$root"/usr/lib/modules/*; do
  if [ -n "\${BANGER_KERNEL_ALONE:-}" ]; then depmod -b "$root" "\${release##*/}"
  else chroot "$root" depmod "\${release##*/}"; fi
done
`;

/** What must not be the same in two machines, or is of no use in any. */
export const CLEANUP_HOOK = `set -eu
rm -f "$1/etc/apt/apt.conf.d/00banger-build" "$1/etc/apt/apt.conf.d/99mmdebstrap"
rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/resolv.conf" "$1/etc/hostname"
rm -rf "$1"/var/log/apt "$1"/var/log/*.log "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old
: > "$1/etc/machine-id"
: > "$1/etc/fstab"
`;
