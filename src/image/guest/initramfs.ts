import { GUEST_SCRIPT_PATH, ROOT_SERIAL } from './guest-script.js';

/** Sectors of 512 bytes that the root file system was made for; differs from the drive's size when that was enlarged. */
export const ROOT_SECTORS_PATH = 'var/lib/banger/root-sectors';

/** What the initramfs loads, by module name; a driver that is built into the kernel is skipped. */
export const INITRAMFS_MODULES: readonly string[] = [
  'virtio_pci',
  'virtio_mmio',
  'virtio_blk',
  'virtio_net',
  'virtio_console',
  'virtio_rng',
  'virtio_balloon',
  'ext4',
  'button',
  'evdev',
];

/** `kernel/drivers/char/hw_random/virtio-rng.ko.xz` → `virtio_rng`: modules are named with _ whatever their file says. */
export function moduleName(path: string): string {
  return (path.split('/').at(-1) ?? path).replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');
}

/**
 * Files of the wanted modules and of what they need, in an order in which plain insmod can load them.
 * `modulesDep` is the text of modules.dep: `path: dependency dependency`, nearest dependency first.
 * A wanted module that is not listed is taken for built in.
 */
export function orderModules(modulesDep: string, wanted: readonly string[] = INITRAMFS_MODULES): string[] {
  const dependencies = new Map<string, string[]>();
  const pathOf = new Map<string, string>();
  for (const line of modulesDep.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const path = line.slice(0, colon);
    dependencies.set(
      path,
      line
        .slice(colon + 1)
        .split(' ')
        .filter(Boolean),
    );
    pathOf.set(moduleName(path), path);
  }
  const ordered = new Set<string>();
  const add = (path: string): void => {
    if (ordered.has(path)) return;
    for (const dependency of (dependencies.get(path) ?? []).toReversed()) add(dependency);
    ordered.add(path);
  };
  for (const name of wanted) {
    const path = pathOf.get(name);
    if (path !== undefined) add(path);
  }
  return [...ordered];
}

/**
 * PID 1 of the initramfs (busybox): loads the drivers, mounts the root drive, applies the identity, becomes /sbin/init.
 * The identity is applied here because systemd reads machine-id and host name before it starts any unit, and because
 * busybox does it in a fraction of the time that a unit needs. A failure is printed on the console, from where it
 * reaches the user's error message, and powers the machine off: a hypervisor that hangs tells nobody anything.
 */
export function initScript(moduleFiles: readonly string[]): string {
  return `#!/bin/sh
export PATH=/bin LC_ALL=C
fail() {
  echo "banger: the guest cannot start: $*" > /dev/console
  poweroff -f
  sleep 1
  exit 1
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev

${moduleFiles.map((file) => `insmod /modules/${file}`).join('\n')}

# Probing runs alongside: a drive may appear a moment after its driver was loaded.
root='' tries=0
while [ -z "$root" ]; do
  for block in /sys/block/vd*; do
    serial=''
    [ -r "$block/serial" ] && read -r serial < "$block/serial"
    if [ "$serial" = ${ROOT_SERIAL} ]; then root=\${block##*/}; fi
  done
  [ -n "$root" ] && break
  tries=$((tries + 1))
  if [ $tries -gt 100 ]; then
    [ -e /dev/vda ] || fail 'no disk was found (no virtio drive appeared within 5 s)'
    root=vda
    break
  fi
  sleep 0.05
done

mount -t ext4 -o rw /dev/$root /root || fail "the root file system on /dev/$root cannot be mounted (is it ext4, is it damaged?)"
[ -x /root/sbin/init ] || [ -L /root/sbin/init ] || fail "the root file system on /dev/$root has no /sbin/init"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /root/run

sh /${GUEST_SCRIPT_PATH} apply --root /root || echo 'banger: the guest starts without an identity' > /dev/console

read -r now < /sys/block/$root/size
made=''
[ -r /root/${ROOT_SECTORS_PATH} ] && read -r made < /root/${ROOT_SECTORS_PATH}
if [ -n "$made" ] && [ "$now" != "$made" ]; then
  mount -t devtmpfs dev /root/dev
  mount -t proc proc /root/proc
  if chroot /root /sbin/resize2fs /dev/$root > /dev/null 2>&1; then echo "$now" > /root/${ROOT_SECTORS_PATH}
  else echo "banger: the root file system could not be grown to its drive" > /dev/console; fi
  umount /root/proc
  umount /root/dev
fi

umount /proc
umount /sys
mount -o move /dev /root/dev
exec switch_root /root /sbin/init
fail '/sbin/init could not be run'
`;
}
