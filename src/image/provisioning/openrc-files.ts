import { textFile } from '../guest/guest-file.js';
import type { GuestFile } from '../guest/guest-file.js';
import { GUEST_SCRIPT_PATH } from '../guest/guest-script.js';

/** Where the guest agent finds the one word of systemd's that banger uses. */
export const OPENRC_PROGRAMS = '/usr/lib/banger/openrc';

const INITTAB = [
  '# banger: no login on a console that nobody sits at',
  '::sysinit:/sbin/openrc sysinit',
  '::sysinit:/sbin/openrc boot',
  '::wait:/sbin/openrc default',
  '::ctrlaltdel:/sbin/reboot',
  '::shutdown:/sbin/openrc shutdown',
];

const AGENT = [
  '#!/sbin/openrc-run',
  'description="Control channel of banger (QEMU guest agent)"',
  'supervisor=supervise-daemon',
  `command=/${GUEST_SCRIPT_PATH}`,
  'command_args=agent',
  'output_log=/dev/null',
  'error_log=/dev/null',
  'respawn_delay=1',
  'respawn_max=0',
  'depend() {',
  '  want devfs sysfs',
  '  after devfs sysfs',
  '}',
];

const IDENTITY = [
  '#!/sbin/openrc-run',
  'description="Identity of this machine from banger"',
  'depend() {',
  '  want sysfs',
  '  after sysfs',
  '  before banger-sshd',
  '}',
  'start() {',
  '  # the initramfs of banger has done it already',
  '  [ ! -e /run/banger/identity-applied ] || return 0',
  `  /${GUEST_SCRIPT_PATH} apply`,
  '}',
];

const SSH = [
  '#!/sbin/openrc-run',
  'description="OpenSSH server, started early"',
  'supervisor=supervise-daemon',
  'command=/usr/sbin/sshd',
  'command_args=-D',
  'respawn_delay=1',
  'depend() {',
  '  want devfs',
  '  after devfs',
  '  after banger-agent',
  '}',
  'start_pre() {',
  '  checkpath --directory --mode 0755 /run/sshd',
  '  checkpath --directory --mode 0755 /var/empty',
  '}',
];

const SYSTEMCTL = [
  '#!/bin/sh',
  '# banger ends a machine by the words "systemctl poweroff"; for its agent alone they are translated here',
  'for word in "$@"; do',
  '  case $word in',
  '    poweroff | reboot) exec "/sbin/$word" ;;',
  '  esac',
  'done',
  'exit 1',
];

/** OpenRC's part: agent, identity and sshd in its first runlevel. */
export function openrcFiles(): GuestFile[] {
  const services = { 'banger-agent': AGENT, 'banger-guest': IDENTITY, 'banger-sshd': SSH };
  return [
    textFile('etc/inittab', INITTAB),
    ...Object.entries(services).flatMap(([name, lines]) => [
      textFile(`etc/init.d/${name}`, lines, 0o755),
      { path: `etc/runlevels/sysinit/${name}`, linkTo: `/etc/init.d/${name}` },
    ]),
    textFile(`${OPENRC_PROGRAMS.slice(1)}/systemctl`, SYSTEMCTL, 0o755),
  ];
}
