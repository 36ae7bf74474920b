import { GUEST_SCRIPT_PATH, ROOT_SERIAL, WORK_SERIAL } from './guest-script.js';

/** Sectors of 512 bytes that the root file system was made for; differs from the drive's size when that was enlarged. */
export const ROOT_SECTORS_PATH = 'var/lib/banger/root-sectors';
/** The same of the work disk; on the root disk, where no user comes upon it. */
export const WORK_SECTORS_PATH = 'var/lib/banger/work-sectors';
/** Argument of the kernel of a VM that has a work disk. */
export const WORK_ARGUMENT = 'banger.work';
/** What became of the work disk, in the guest: `mounted`, or what is wrong. */
export const WORK_STATUS_PATH = 'run/banger/work-disk';

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

/** What the initramfs needs more than once. */
const FUNCTIONS = `# Probing runs alongside: a drive may appear a moment after its driver was loaded.
find_drive() {
  drive='' tries=0
  while [ $tries -le 100 ]; do
    for block in /sys/block/vd*; do
      serial=''
      [ -r "$block/serial" ] && read -r serial < "$block/serial"
      if [ "$serial" = "$1" ]; then drive=\${block##*/}; return 0; fi
    done
    tries=$((tries + 1))
    sleep 0.05
  done
  return 1
}

# A program of the guest's own, before the guest runs.
in_guest() {
  mount -t devtmpfs dev /root/dev
  mount -t proc proc /root/proc
  chroot /root "$@" > /dev/null 2>&1
  result=$?
  umount /root/proc
  umount /root/dev
  return $result
}

# Drive, file with the sectors that its file system was made for, what it is
grow() {
  read -r now < /sys/block/$1/size
  made=''
  [ -r "/root/$2" ] && read -r made < "/root/$2"
  [ -n "$made" ] && [ "$now" != "$made" ] || return 0
  if in_guest /sbin/resize2fs /dev/$1; then echo "$now" > "/root/$2"
  else echo "banger: the $3 file system could not be grown to its drive" > /dev/console; fi
}
`;

/** Mounts the work disk at /root; a damaged one keeps no guest from coming up. */
const MOUNT_WORK = `# Before the identity: root's authorized keys are on it. Without it the guest comes up all the same, so that it can be repaired.
work() {
  find_drive ${WORK_SERIAL} || { problem='its drive did not appear'; return 1; }
  if ! mount -t ext4 -o rw /dev/$drive /root/root; then
    # 1 and 2: it was repaired
    in_guest /sbin/e2fsck -p /dev/$drive
    [ $? -le 2 ] && mount -t ext4 -o rw /dev/$drive /root/root || { problem="the file system on /dev/$drive is damaged"; return 1; }
  fi
  grow $drive ${WORK_SECTORS_PATH} work
}
cmdline=''
read -r cmdline < /proc/cmdline
case " $cmdline " in
  *' ${WORK_ARGUMENT} '*)
    problem=mounted
    work || echo "banger: the work disk cannot be mounted at /root: $problem" > /dev/console
    mkdir -p /root/run/banger
    echo "$problem" > /root/${WORK_STATUS_PATH}
    ;;
esac
`;

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

${FUNCTIONS}
find_drive ${ROOT_SERIAL} || drive=vda
root=$drive
[ -e /dev/$root ] || fail 'no disk was found (no virtio drive appeared within 5 s)'

mount -t ext4 -o rw /dev/$root /root || fail "the root file system on /dev/$root cannot be mounted (is it ext4, is it damaged?)"
[ -x /root/sbin/init ] || [ -L /root/sbin/init ] || fail "the root file system on /dev/$root has no /sbin/init"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /root/run
grow $root ${ROOT_SECTORS_PATH} root

${MOUNT_WORK}
sh /${GUEST_SCRIPT_PATH} apply --root /root || echo 'banger: the guest starts without an identity' > /dev/console

umount /proc
umount /sys
mount -o move /dev /root/dev
exec switch_root /root /sbin/init
fail '/sbin/init could not be run'
`;
}
