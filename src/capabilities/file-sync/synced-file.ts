/** One file as a guest is to have it. */
export interface SyncedFile {
  /** absolute, in the guest */
  readonly path: string;
  readonly content: Buffer;
  /** permission bits */
  readonly mode: number;
}

/** A file that banger has put into a guest, as its host remembers it. */
export interface RememberedFile {
  readonly path: string;
  /** of what was put there: two while a change of it is under way */
  readonly sha256: readonly string[];
}

export interface SyncRule {
  readonly from: string;
  readonly to: string;
  /** octal digits */
  readonly mode?: string;
}

/** What is to be in a guest, and what is missing for it. */
export interface SyncPlan {
  readonly files: readonly SyncedFile[];
  /** targets, and directories, of rules that could not be read: what was put there before stays */
  readonly unread: readonly string[];
  readonly warnings: readonly string[];
}

/** Files of the host, and the memory of what a VM was given. */
export abstract class SyncFiles {
  /** Reads what the rules name, within the bounds; never throws for what is missing. */
  abstract read(rules: readonly SyncRule[]): Promise<SyncPlan>;
  /** What the VM was given; empty when it never was. */
  abstract remembered(vmId: string): Promise<readonly RememberedFile[]>;
  /** Whether the VM was given something. Cheap. */
  abstract remembers(vmId: string): Promise<boolean>;
  /** Nothing at all is remembered by having no file. */
  abstract remember(vmId: string, files: readonly RememberedFile[]): Promise<void>;
}
