import { BangerError } from '../errors/index.js';

/**
 * - `unreachable`: refused, reset, no route, or no answer in time: waiting may help
 * - `host-key`: another machine answers, or one whose key was changed
 * - `authentication`: the guest does not take the key
 * - `protocol`: no common algorithms, or not SSH at all
 * - `lost`: the connection broke after it had been made
 * - `refused-channel`: the guest's SSH server starts no further command on this connection
 */
export type SshFailureReason =
  'unreachable' | 'host-key' | 'authentication' | 'protocol' | 'lost' | 'refused-channel';

const SENTENCES: Readonly<Record<SshFailureReason, (label: string) => string>> = {
  unreachable: (label) => `the SSH server of ${label} does not answer`,
  'host-key': (label) => `the SSH server of ${label} has a host key other than the one it was given`,
  authentication: (label) => `the SSH server of ${label} refuses banger's key`,
  protocol: (label) => `what answers on the SSH port of ${label} cannot be talked to`,
  lost: (label) => `the SSH connection to ${label} broke`,
  'refused-channel': (label) => `the SSH server of ${label} refuses to start another command`,
};

const FIXES: Readonly<Record<SshFailureReason, string>> = {
  unreachable: 'look at the guest: banger vm show, or restart it: banger vm stop, then banger vm start',
  'host-key': 'if the keys in /etc/ssh were changed inside the guest, restart it: they are restored at boot',
  authentication: 'if /root/.ssh/authorized_keys or sshd_config was changed in the guest, restart it',
  protocol: 'make sure that the guest runs OpenSSH with ed25519 host keys on port 22',
  lost: 'see whether the VM still runs (banger vm list) and try again',
  'refused-channel':
    'end some of the commands that run in the guest, or raise MaxSessions in its sshd_config',
};

export class SshConnectError extends BangerError<'VM_GUEST_UNREACHABLE'> {
  readonly reason: SshFailureReason;

  constructor(reason: SshFailureReason, label: string, options: { why?: string; cause?: unknown } = {}) {
    super('VM_GUEST_UNREACHABLE', SENTENCES[reason](label), {
      details: { vm: label, channel: 'ssh' },
      fix: FIXES[reason],
      ...options,
    });
    this.reason = reason;
  }

  /** Whether the same attempt may succeed a little later, as it does while a guest boots. */
  get retryable(): boolean {
    return this.reason === 'unreachable' || this.reason === 'lost';
  }
}
