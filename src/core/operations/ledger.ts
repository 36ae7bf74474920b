/** Kinds of host resource that banger makes. */
export type ResourceKind = 'directory' | 'process' | 'port' | 'uid' | 'file';

/** What a resource belongs to: a VM, an image, a kernel, a template. Released together. */
export interface ResourceOwner {
  readonly type: 'vm' | 'image' | 'kernel' | 'template';
  readonly id: string;
}

export interface LedgerEntry {
  readonly id: string;
  readonly kind: ResourceKind;
  /** names the resource on the host: a path, a port number, a process marker */
  readonly key: string;
  readonly owner: ResourceOwner;
  /** facts that the undo needs, such as a process identity; JSON */
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
}

/** Removes one resource from the host. MUST return normally when it is already gone. */
export type ResourceUndo = (entry: LedgerEntry) => Promise<void>;

/**
 * The book of host resources (design invariant 1): a row is written, durably, BEFORE the resource is made,
 * and struck off AFTER it is gone. Whatever kills the daemon in between, the next start finds it here.
 */
export abstract class Ledger {
  /** Each kind's undo, registered once by the module that makes the kind. A second one for a kind is a defect. */
  abstract registerUndo(kind: ResourceKind, undo: ResourceUndo): void;
  /** Writes the row, then runs `make`; when that throws, undoes and strikes off. (kind, key) is unique: a second row throws. */
  abstract make<T>(
    entry: { kind: ResourceKind; key: string; owner: ResourceOwner; data?: Record<string, unknown> },
    make: (entry: LedgerEntry) => Promise<T>,
  ): Promise<T>;
  /** Adds facts learned after the making, such as a pid. Durable when it resolves. */
  abstract update(kind: ResourceKind, key: string, data: Record<string, unknown>): Promise<void>;
  abstract find(kind: ResourceKind, key: string): Promise<LedgerEntry | undefined>;
  abstract list(filter?: { owner?: ResourceOwner; kind?: ResourceKind }): Promise<LedgerEntry[]>;
  /** Undoes one resource and strikes it off; no entry is success. */
  abstract release(kind: ResourceKind, key: string): Promise<void>;
  /** Releases all of an owner's resources (of the kinds given), newest first. Goes on after a failure, then throws it. */
  abstract releaseOwner(owner: ResourceOwner, kinds?: readonly ResourceKind[]): Promise<void>;
}
