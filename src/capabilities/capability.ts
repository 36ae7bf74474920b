/** What a capability may know of the VM it configures: facts, never a service. */
export interface VmFacts {
  readonly id: string;
  readonly name: string;
  /** 32 hexadecimal digits */
  readonly machineId: string;
  readonly mac: string;
  /** loopback port that leads to the guest's SSH server */
  readonly sshPort: number;
  /** OpenSSH private key that the guest's SSH server shall serve */
  readonly hostKeyPrivate: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeyPublic: string;
  /** lines of authorized_keys for root */
  readonly authorizedKeys: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One file that the guest gets at boot, before anything looks at it. */
export interface IdentityFile {
  /** path relative to the guest's root: `etc/hostname` */
  readonly path: string;
  readonly content: string;
  /** permission bits */
  readonly mode: number;
}

export interface UserNic {
  readonly type: 'user';
  readonly mac: string;
  /** loopback ports of the host that lead into the guest */
  readonly forwards: readonly { hostPort: number; guestPort: number }[];
}

/** The machine as the capabilities put it together; turned into a MachineSpec when all have had their turn. */
export interface MachineDraft {
  readonly identityFiles: IdentityFile[];
  readonly nics: UserNic[];
  readonly bootArguments: string[];
}

/**
 * One concern that takes part in a VM's start. Capabilities are listed explicitly
 * (builtin-capabilities.ts), ordered by `after`, and checked at boot.
 */
export abstract class Capability {
  abstract readonly id: string;
  /** ids of the capabilities that MUST have had their turn before */
  readonly after: readonly string[] = [];
  /** Pure: adds to the draft what this concern needs. MUST NOT touch the host. */
  abstract configure(draft: MachineDraft, facts: VmFacts): void;
}
