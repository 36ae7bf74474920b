import type { ResourceOwner } from '../../core/operations/index.js';

export interface DirectoryOptions {
  readonly owner: ResourceOwner;
  /** permission bits: `0o700` */
  readonly mode: number;
  /** owner of the directory (and its group of the same number); the daemon's user when undefined */
  readonly uid?: number | undefined;
  /** group of the directory, where the owner is to be the daemon's user */
  readonly gid?: number | undefined;
}

/** Makes and removes directories below the state and the runtime directory, with the ledger kind `directory`. */
export abstract class HostDirectories {
  /**
   * Makes the state and runtime directories and those that are shared by all VMs. Called once, when the daemon starts,
   * before anything is written. In root mode VMMs run as other users, so every ancestor must let them through.
   * @throws StateDirectoryUnusableError
   */
  abstract prepareRoots(): Promise<void>;
  /** In the ledger before it is on the host. Repeatable: one that is there gets the mode and owner asked for. */
  abstract make(path: string, options: DirectoryOptions): Promise<void>;
  /** Removes a directory made by {@link make} with all that is in it; gone already is success. */
  abstract release(path: string): Promise<void>;
  /**
   * Removes what is at the path, whatever it is, without following a symbolic link anywhere.
   * Refuses paths that are not strictly below the state or the runtime directory.
   */
  abstract remove(path: string): Promise<void>;
}
