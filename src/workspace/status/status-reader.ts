import { Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspaceStatusView } from '../../contract/index.js';
import type { SshConnection } from '../../core/ssh/index.js';
import { IncomingWork } from '../incoming/incoming-work.js';
import { commitOfGuest } from '../incoming/commit-of-guest.js';
import type { Repository } from '../repository/repository-finder.js';
import { HostRepositories } from './host-repositories.js';
import { readStatus } from './read-status.js';

export interface StatusSubject {
  /** name of the VM */
  readonly vm: string;
  readonly workspace: VmWorkspaceView;
  readonly ssh: SshConnection;
}

/** Looks at both copies of a repository at the same time, and changes neither. */
@Injectable()
export class StatusReader {
  constructor(
    private readonly hosts: HostRepositories,
    private readonly incoming: IncomingWork,
  ) {}

  /** @throws WorkspaceWorkUnreadableError, WorkspaceWorkRefusedError, SshConnectError */
  async read({ vm, workspace, ssh }: StatusSubject, signal: AbortSignal): Promise<WorkspaceStatusView> {
    const found = await this.hosts.find(workspace.hostPath, signal);
    const repository = 'problem' in found ? undefined : found;
    const base = await this.#base(workspace, repository, signal);
    const question = { path: workspace.guestPath, base };
    const idLength = workspace.head?.length ?? (repository?.objectFormat === 'sha256' ? 64 : 40);
    const host = 'problem' in found ? Promise.resolve(found) : this.hosts.view(found, workspace, signal);
    const guest = readStatus({ vm, ssh, question, idLength }, signal);
    // A guest that fails does not leave the host's side behind, with its files.
    await Promise.allSettled([guest, host]);
    return { vm, workspace, ...(await guest), host: await host };
  }

  /** What the guest knows the imported commit as, where that can be told. */
  async #base(
    workspace: VmWorkspaceView,
    repository: Repository | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (workspace.mode !== 'metadata') return workspace.head;
    if (repository === undefined) return undefined;
    try {
      return await this.incoming.within(repository, signal, ({ git }, stop) =>
        commitOfGuest(git, workspace, stop),
      );
    } catch {
      signal.throwIfAborted();
      // The commit is no longer there: the guest goes by what it has noted.
      return undefined;
    }
  }
}
