import type { VmWorkspaceView, WorkspaceSource } from '../contract/index.js';
import type { SshConnection } from '../core/ssh/index.js';

/** What an import will do, known before the VM is made. Holds nothing that would have to be released. */
export interface WorkspacePlan {
  /** what was asked for */
  readonly source: WorkspaceSource;
  readonly view: VmWorkspaceView;
  /** `bytes` that the repository and its working tree take in the guest, a little too high rather than too low */
  readonly estimatedBytes: number;
  /** what will not be in the guest, for the user */
  readonly warnings: readonly string[];
}

/** Where a repository goes. */
export interface ImportGuest {
  /** name of the VM, for messages */
  readonly vm: string;
  readonly ssh: SshConnection;
}

/** Live remark of an import; `progress` from 0 to 1. */
export interface ImportProgress {
  detail(text: string, progress?: number): void;
}

/** Brings a git repository of the host into a guest. The module workspace implements it; the host's tree is never written. */
export abstract class WorkspaceImporter {
  /**
   * Checks the source and says what importing it means; changes nothing.
   * @throws WORKSPACE_NOT_A_REPOSITORY, WORKSPACE_PATH_INVALID, HOST_BINARY_MISSING, CANCELLED
   */
  abstract inspect(source: WorkspaceSource, signal: AbortSignal): Promise<WorkspacePlan>;

  /**
   * Imports the repository as it is now. What it began in the guest is removed when it fails or is cancelled.
   * @throws WORKSPACE_IMPORT_FAILED, WORKSPACE_PATH_INVALID, WORKSPACE_TARGET_TAKEN, VM_GUEST_UNREACHABLE, CANCELLED
   */
  abstract import(
    plan: WorkspacePlan,
    guest: ImportGuest,
    step: ImportProgress,
    signal: AbortSignal,
  ): Promise<VmWorkspaceView & { warnings: string[] }>;

  /**
   * Makes a branch in a guest's repository and checks it out; what is not committed stays as it is.
   * @returns why it could not be made; undefined when it was
   * @throws VM_GUEST_UNREACHABLE, CANCELLED
   */
  abstract startBranch(
    ssh: SshConnection,
    place: { guestPath: string; branch: string },
    signal: AbortSignal,
  ): Promise<string | undefined>;
}
