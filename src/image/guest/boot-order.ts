import { masked, textFile } from './guest-file.js';
import type { GuestFile } from './guest-file.js';

/**
 * Units that a throwaway VM has no use for. Not here, on purpose: dbus, logind, udev, journald, tmpfiles, fstab:
 * the guest is to behave as a Linux machine does.
 */
const NEVER: readonly string[] = [
  // upkeep of a machine that lives for months
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'systemd-tmpfiles-clean.timer',
  // bookkeeping of hardware, first boots and sessions; the initramfs and the identity drive do it instead
  'systemd-pstore.service',
  'systemd-random-seed.service',
  'systemd-update-utmp.service',
  'systemd-update-utmp-runlevel.service',
  'systemd-journal-flush.service',
  'systemd-journal-catalog-update.service',
  'systemd-hwdb-update.service',
  'systemd-update-done.service',
  'systemd-machine-id-commit.service',
  'systemd-firstboot.service',
  'first-boot-complete.target',
  'systemd-sysusers.service',
  'systemd-remount-fs.service',
  'systemd-fsck-root.service',
  'systemd-repart.service',
  'systemd-pcrphase.service',
  'systemd-pcrphase-sysinit.service',
  'systemd-boot-system-token.service',
  'ldconfig.service',
  // nobody sits at the console
  'getty@tty1.service',
  'serial-getty@ttyS0.service',
  'console-getty.service',
  'getty-static.service',
  'getty.target',
  'systemd-ask-password-console.path',
  'systemd-ask-password-wall.path',
  // host keys come with the identity; this one, of Debian 13, comes before sshd, and after all that comes after sshd here
  'sshd-keygen.service',
  // the address comes with the identity
  'systemd-networkd.service',
  'systemd-networkd.socket',
  'systemd-networkd-wait-online.service',
  'systemd-initctl.socket',
  'systemd-rfkill.socket',
  'systemd-journald-audit.socket',
  'modprobe@configfs.service',
  'modprobe@drm.service',
  'modprobe@efi_pstore.service',
  'modprobe@fuse.service',
  'sys-kernel-config.mount',
  'sys-fs-fuse-connections.mount',
];

/**
 * Each generator is a process before the first unit may start; together they are a tenth of the way to the agent.
 * What two of them are still wanted for: /etc/fstab is mounted by a late unit of ours, and init.d scripts without a
 * unit of their own have died out in Debian.
 */
const NO_GENERATORS: readonly string[] = [
  'systemd-bless-boot-generator',
  'systemd-cryptsetup-generator',
  'systemd-debug-generator',
  'systemd-fstab-generator',
  'systemd-getty-generator',
  'systemd-gpt-auto-generator',
  'systemd-hibernate-resume-generator',
  'systemd-integritysetup-generator',
  'systemd-rc-local-generator',
  'systemd-run-generator',
  'systemd-ssh-generator',
  'systemd-system-update-generator',
  'systemd-sysv-generator',
  'systemd-veritysetup-generator',
];

/**
 * Units of the early boot that wait for agent and sshd: with one vCPU everything at once means everything late.
 * Starting sshd early without making these wait gave an early agent, but no earlier shell.
 */
const AFTER_SSH: readonly string[] = [
  'systemd-journald.service',
  'systemd-tmpfiles-setup.service',
  'systemd-tmpfiles-setup-dev.service',
  'systemd-sysctl.service',
  'systemd-modules-load.service',
  'systemd-binfmt.service',
  'systemd-user-sessions.service',
  'systemd-udevd.service',
  'systemd-udev-trigger.service',
  'kmod-static-nodes.service',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'proc-sys-fs-binfmt_misc.automount',
];

const UNITS = 'etc/systemd/system';

/** What differs between systemd's distributions. */
export interface BootOrder {
  /** unit of sshd as the distribution calls it: `ssh` or `sshd` */
  readonly sshUnit: 'ssh' | 'sshd';
  /** further units that a guest has no use for */
  readonly never: readonly string[];
  /** further generators that are not to run */
  readonly noGenerators: readonly string[];
}

const DEBIAN: BootOrder = { sshUnit: 'ssh', never: [], noGenerators: [] };

/**
 * While the rest of the machine starts, and no longer: who waits for the machine comes before what it is starting.
 * A login then costs a third less CPU until its command is done. The second line is there because systemd 252 takes the
 * CPU weight back at the end of the start only from units that have another one of these as well.
 */
const FIRST_OF_ALL = ['StartupCPUWeight=10000', 'StartupIOWeight=10000'];

const AGENT_UNIT = [
  '[Unit]',
  'Description=Control channel of banger (QEMU guest agent)',
  'DefaultDependencies=no',
  'ConditionPathExistsGlob=/sys/class/virtio-ports/*',
  'Conflicts=shutdown.target',
  'Before=shutdown.target sysinit.target',
  '[Service]',
  'ExecStart=/usr/lib/banger/banger-guest agent',
  'Restart=always',
  'RestartSec=1',
  '# the agent reports every single call; journald is not even up yet',
  'StandardOutput=null',
  'StandardError=null',
  'OOMScoreAdjust=-900',
  ...FIRST_OF_ALL,
];

const identityUnit = (sshUnit: string): string[] => [
  '[Unit]',
  'Description=Identity of this machine from banger',
  'DefaultDependencies=no',
  '# the initramfs of banger has done it already',
  'ConditionPathExists=!/run/banger/identity-applied',
  `Before=${sshUnit}.service sysinit.target`,
  '[Service]',
  'Type=oneshot',
  'RemainAfterExit=yes',
  'ExecStart=/usr/lib/banger/banger-guest apply',
];

const SSH_UNIT = [
  '[Unit]',
  'Description=OpenBSD Secure Shell server',
  'Documentation=man:sshd(8) man:sshd_config(5)',
  'DefaultDependencies=no',
  'After=qemu-guest-agent.service banger-guest.service',
  'Before=sysinit.target shutdown.target',
  'Conflicts=shutdown.target',
  '[Service]',
  'Type=notify',
  'ExecStart=/usr/sbin/sshd -D',
  'ExecReload=/bin/kill -HUP $MAINPID',
  'KillMode=process',
  'Restart=on-failure',
  'RuntimeDirectory=sshd',
  'RuntimeDirectoryMode=0755',
  '# anything else waits for journald, which waits for sshd; its own log goes to syslog',
  'StandardOutput=null',
  '# no OOMScoreAdjust: sshd protects itself, and what it is given here all commands would have, also those that fill the memory',
  ...FIRST_OF_ALL,
];

const FSTAB_UNIT = [
  '[Unit]',
  'Description=Mounts of /etc/fstab',
  '# banger leaves it empty; this is for what a user writes there',
  'ConditionFileNotEmpty=/etc/fstab',
  'After=local-fs.target systemd-udevd.service network.target',
  'Before=multi-user.target',
  '[Service]',
  'Type=oneshot',
  'RemainAfterExit=yes',
  'ExecStart=/bin/mount --all',
];

/** Only what somebody waits for: coldplugging CPUs alone loads modules for seconds under emulation. */
const COLDPLUG = [
  '[Service]',
  'ExecStart=',
  `ExecStart=-/bin/udevadm trigger --action=add ${['block', 'net', 'virtio-ports', 'input', 'misc']
    .map((name) => `--subsystem-match=${name}`)
    .join(' ')}`,
];

/** systemd's part: agent, identity and sshd first, everything slow after them, what a VM never needs not at all. */
export function bootOrderFiles({ sshUnit, never, noGenerators }: BootOrder = DEBIAN): GuestFile[] {
  const early = {
    'qemu-guest-agent.service': AGENT_UNIT,
    'banger-guest.service': identityUnit(sshUnit),
    [`${sshUnit}.service`]: SSH_UNIT,
  };
  const order = ['[Unit]', `After=qemu-guest-agent.service banger-guest.service ${sshUnit}.service`];
  return [
    ...Object.entries(early).flatMap(([name, lines]) => [
      textFile(`${UNITS}/${name}`, lines),
      { path: `${UNITS}/sysinit.target.wants/${name}`, linkTo: `../${name}` },
    ]),
    textFile(`${UNITS}/banger-fstab.service`, FSTAB_UNIT),
    { path: `${UNITS}/multi-user.target.wants/banger-fstab.service`, linkTo: '../banger-fstab.service' },
    textFile(`${UNITS}/systemd-udev-trigger.service.d/20-banger-coldplug.conf`, COLDPLUG),
    { path: `${UNITS}/default.target`, linkTo: '/lib/systemd/system/multi-user.target' },
    ...AFTER_SSH.map((unit) => textFile(`${UNITS}/${unit}.d/10-banger-order.conf`, order)),
    ...[...NEVER, ...never].map((unit) => masked(`${UNITS}/${unit}`)),
    ...[...NO_GENERATORS, ...noGenerators].map((name) => masked(`etc/systemd/system-generators/${name}`)),
  ];
}
