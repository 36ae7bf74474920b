import { bootOrderFiles } from '../guest/boot-order.js';
import type { GuestFile } from '../guest/guest-file.js';
import { textFile } from '../guest/guest-file.js';
import { JOURNAL, NAMES, NO_MACHINE_ID, PROFILE, SSHD, sizeFiles } from '../guest/guest-files.js';
import { GUEST_SCRIPT_PATH, guestScript } from '../guest/guest-script.js';
import { environmentFile, IMAGE_ENVIRONMENT_PATH, sshEnvironment } from '../metadata/image-environment.js';
import { OPENRC_PROGRAMS, openrcFiles } from './openrc-files.js';
import type { Provisioned } from './provisioned.js';

/** Units of other distributions than the default image's that a guest has no use for. */
const NEVER: readonly string[] = [
  // sshd runs by itself, from early on
  'ssh.socket',
  'sshd.socket',
  'sshd-vsock.socket',
  'sshd-unix-local.socket',
  // names and addresses come with the identity
  'systemd-resolved.service',
  'systemd-network-generator.service',
  'systemd-hostnamed.socket',
  'NetworkManager.service',
  'NetworkManager-wait-online.service',
  'systemd-userdbd.socket',
  'systemd-homed.service',
  'systemd-oomd.service',
  'systemd-oomd.socket',
  // upkeep of a machine that lives for months
  'dnf-makecache.timer',
  'motd-news.timer',
  'systemd-pcrmachine.service',
  'systemd-tpm2-setup-early.service',
  'systemd-tpm2-setup.service',
];

const NO_GENERATORS: readonly string[] = [
  'sshd-socket-generator',
  'systemd-tpm2-generator',
  'systemd-import-generator',
  'systemd-factory-reset-generator',
  'kdump-dep-generator.sh',
  'selinux-autorelabel-generator.sh',
];

export interface ProvisionedFacts {
  /** `bytes` that the root file system is made for */
  readonly diskBytes: number;
  /** `bytes` that the work disk's is made for */
  readonly workBytes: number;
  /** of the image's configuration, as `readImageMetadata` gives it */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * What banger lays on a provisioned tree. To be unpacked by the tree's own tar, in it (chroot): any directory of a
 * foreign tree may be a link that leads out of it.
 */
export function provisionedFiles(
  { init, sshUnit }: Pick<Provisioned, 'init' | 'sshUnit'>,
  facts: ProvisionedFacts,
): GuestFile[] {
  const systemd = init === 'systemd';
  return [
    {
      path: GUEST_SCRIPT_PATH,
      mode: 0o755,
      content: systemd ? guestScript() : guestScript(OPENRC_PROGRAMS),
    },
    ...(systemd
      ? [...bootOrderFiles({ sshUnit, never: NEVER, noGenerators: NO_GENERATORS }), JOURNAL]
      : openrcFiles()),
    ...sizeFiles(facts),
    // 00: of each setting sshd takes the first, and the image may have brought files of its own
    textFile('etc/ssh/sshd_config.d/00-banger.conf', [
      ...SSHD.filter((line) => systemd || line !== 'UsePAM no'),
      ...sshEnvironment(facts.environment),
    ]),
    textFile('etc/profile.d/banger.sh', [
      '# banger: environment of the image, then that given with the VM',
      `if [ -r /${IMAGE_ENVIRONMENT_PATH} ]; then . /${IMAGE_ENVIRONMENT_PATH}; fi`,
      ...PROFILE.slice(1),
    ]),
    environmentFile(facts.environment),
    ...NAMES,
    NO_MACHINE_ID,
  ];
}
