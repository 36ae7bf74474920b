import { bootOrderFiles } from './boot-order.js';
import { textFile } from './guest-file.js';
import type { GuestFile } from './guest-file.js';
import { GUEST_SCRIPT_PATH, guestScript } from './guest-script.js';
import { ROOT_SECTORS_PATH, WORK_SECTORS_PATH } from './initramfs.js';

/** Everything that banger puts into the root file system beside the distribution's packages. */
export function guestFiles(facts: { diskBytes: number; workBytes: number }): GuestFile[] {
  return [
    { path: GUEST_SCRIPT_PATH, mode: 0o755, content: guestScript() },
    ...bootOrderFiles(),
    ...sizeFiles(facts),
    textFile('etc/ssh/sshd_config.d/10-banger.conf', SSHD),
    textFile('etc/profile.d/banger.sh', PROFILE),
    JOURNAL,
    ...NAMES,
    textFile('etc/default/locale', ['LANG=C.UTF-8']),
    NO_MACHINE_ID,
  ];
}

/** How large the file systems were made, for the initramfs; sizes in `bytes`. */
export function sizeFiles(facts: { diskBytes: number; workBytes: number }): GuestFile[] {
  return [
    textFile(ROOT_SECTORS_PATH, [String(facts.diskBytes / 512)]),
    textFile(WORK_SECTORS_PATH, [String(facts.workBytes / 512)]),
  ];
}

export const JOURNAL: GuestFile = textFile('etc/systemd/journald.conf.d/10-banger.conf', [
  '[Journal]',
  'Storage=volatile',
  'RuntimeMaxUse=16M',
]);

export const NAMES: readonly GuestFile[] = [
  textFile('etc/hostname', ['banger']),
  textFile('etc/hosts', ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback']),
];

/** Empty, not absent: systemd then makes a transient id when no identity drive brought one. */
export const NO_MACHINE_ID: GuestFile = { path: 'etc/machine-id', mode: 0o444, content: '' };

/** Lines of sshd_config. */
export const SSHD: readonly string[] = [
  '# banger: keys only, and nothing that makes a login wait',
  'HostKey /etc/ssh/ssh_host_ed25519_key',
  'PermitRootLogin prohibit-password',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
  'UsePAM no',
  'UseDNS no',
  'PrintMotd no',
  'PrintLastLog no',
  'X11Forwarding no',
  'AcceptEnv LANG LC_* TERM COLORTERM',
  'MaxSessions 100',
  'MaxStartups 100:30:200',
  '# under emulation this exchange alone costs 0.2 s; the connection is the loopback',
  'KexAlgorithms -sntrup761x25519-sha512@openssh.com',
];

/** Lines of POSIX sh. */
export const PROFILE: readonly string[] = [
  '# banger: environment given with the VM',
  'if [ -r /etc/banger/environment ]; then',
  '  set -a',
  '  . /etc/banger/environment',
  '  set +a',
  'fi',
];
