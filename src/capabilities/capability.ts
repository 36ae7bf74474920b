import type { Type } from '@nestjs/common';
import type { PublishedPort } from '../contract/index.js';
import type { BangerError } from '../core/errors/index.js';
import type { Rollback } from '../core/concurrency/index.js';
import type { DoctorCheck } from '../host/index.js';

/** What is known of a VM at any time, also before anything of it exists: facts, never a service. */
export interface VmIdentity {
  readonly id: string;
  readonly name: string;
  readonly publishedPorts: readonly PublishedPort[];
  /** size of its work disk; none when undefined */
  readonly workDiskMib?: number | undefined;
  /** loopback port that leads to the guest's SSH server; none before its first start */
  readonly sshPort?: number | undefined;
}

/** The VM that another one is a copy of, as it was at that moment. */
export type VmOrigin = Pick<VmIdentity, 'id' | 'name' | 'publishedPorts'>;

/** What a capability may know of the VM whose machine it configures. */
export interface VmFacts extends VmIdentity {
  /** 32 hexadecimal digits */
  readonly machineId: string;
  readonly mac: string;
  readonly sshPort: number;
  /** OpenSSH private key that the guest's SSH server shall serve */
  readonly hostKeyPrivate: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeyPublic: string;
  /** lines of authorized_keys for root */
  readonly authorizedKeys: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** false for a machine that is saved before it has a network of its own */
  readonly networked: boolean;
  /** of who created the VM, by their git configuration */
  readonly gitIdentity: { readonly name: string | undefined; readonly email: string | undefined };
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
  /** ports of the host that lead into the guest */
  readonly forwards: PublishedPort[];
}

/** What the guest's first NIC is set up with. */
export interface GuestNetwork {
  /** with its prefix: `10.0.2.15/24` */
  readonly address: string;
  readonly gateway: string;
}

/** The machine as the capabilities put it together; turned into a MachineSpec when all have had their turn. */
export interface MachineDraft {
  readonly identityFiles: IdentityFile[];
  readonly nics: UserNic[];
  readonly bootArguments: string[];
  /** undefined when the guest is to have none */
  network?: GuestNetwork;
}

/** A reachable guest, as narrow as its control channel. Every answer is the guest's: bounded, and not to be trusted. */
export interface Guest {
  /**
   * Runs a program in the guest and collects its output, 1.5 MiB at most; 30 s when `timeoutMs` is left out.
   * @throws VM_GUEST_UNREACHABLE, TIMEOUT, CANCELLED
   */
  exec(
    argv: readonly string[],
    options?: { stdin?: Buffer; timeoutMs?: number; signal?: AbortSignal },
  ): Promise<{ exitCode: number; stdout: Buffer; stderr: Buffer }>;
  /** `ms` since 1970 by the guest's clock. Costs no process in the guest. @throws VM_GUEST_UNREACHABLE */
  time(): Promise<number>;
}

export interface HookContext {
  /** aborts when the work is given up, or the hook has taken too long; a hook MUST end soon after */
  readonly signal: AbortSignal;
  /** A remark for the user that is no failure. */
  readonly warn: (message: string) => void;
}

export interface PreflightContext extends HookContext {
  /** Name of the VM with this id, for messages; undefined when there is none. */
  readonly nameOf: (vmId: string) => Promise<string | undefined>;
}

export interface SleepContext extends PreflightContext {
  /** Has the VM go on. Resolves when it can be used. @throws BangerError: it sleeps on, and the hook is run again */
  readonly wake: () => Promise<void>;
}

export interface PrepareContext extends PreflightContext {
  /** Undo of what the hook does to the host, registered BEFORE it is done, or kept in the ledger. */
  readonly rollback: Pick<Rollback, 'add'>;
}

/**
 * One concern that takes part in a VM's life. Capabilities are listed explicitly (builtin-capabilities.ts), ordered by
 * `after`, and checked when the daemon starts. Every hook is optional; in the order of a start:
 * `preflight` → `configure` → `prepare` → the machine is launched → `ready` → `forked` for a copy of a machine that ran;
 * when it has ended, `stopped`, in reverse order. `reconcile` instead of all these for a VM that ran on while no daemon was there.
 * capability-contract.spec.ts holds every built-in one to what is said here.
 */
export abstract class Capability {
  /** lower-case words with `-` between them; names its steps: `ready.clock` */
  abstract readonly id: string;
  /** what its steps do, for people: `setting the clock` */
  readonly title: string = '';
  /** ids of the capabilities that MUST have had their turn before */
  readonly after: readonly string[] = [];

  /** Whether `prepare` and `ready` have anything to do for this VM; no step is recorded otherwise. Cheap. */
  concerns?(vm: VmIdentity): boolean | Promise<boolean>;
  /** What stands against a start, each with its fix. MUST change nothing, and lists all that it finds. */
  preflight?(vm: VmIdentity, context: PreflightContext): Promise<readonly BangerError[]>;
  /** Pure and repeatable: adds to the draft what this concern needs. MUST NOT touch the host. */
  configure?(draft: MachineDraft, facts: VmFacts): void;
  /** Effects on the host, before the machine is launched. A failure leaves nothing once the undo has run. */
  prepare?(vm: VmIdentity, context: PrepareContext): Promise<void>;
  /** The guest can be reached. What the VM can do without SHOULD be a warning, not a failure. */
  ready?(vm: VmIdentity, guest: Guest, context: HookContext): Promise<void>;
  /**
   * The guest goes on from where another VM's was: what it has in memory and on its disks is that one's. Once, when it is
   * reachable and has a name, address and keys of its own. What the VM can do without SHOULD be a warning, not a failure.
   */
  forked?(vm: VmIdentity, parent: VmOrigin, guest: Guest, context: HookContext): Promise<void>;
  /**
   * The machine is gone: gives back what `prepare` and `ready` took. MUST be repeatable, and return normally when
   * there is nothing to give back, because `prepare` never ran or another daemon did.
   */
  stopped?(vm: Pick<VmIdentity, 'id'>): Promise<void>;
  /**
   * The VM is suspended: keeps what it is to have when it goes on, and sets up what is to wake it. After `stopped`, and
   * again by each later daemon. Ends with the `prepare` of its resume, or with `stopped`.
   */
  suspended?(vm: VmIdentity, context: SleepContext): Promise<void>;
  /** A later daemon has taken the running VM up. MUST NOT wait for the guest, which may be hung. */
  reconcile?(vm: VmIdentity, guest: Guest, context: HookContext): Promise<void>;
}

/** A built-in capability's class. `doctor` asks about the host what this concern needs; it runs without a daemon. */
export type CapabilityType = Type<Capability> & { readonly doctor?: Type<DoctorCheck> };
