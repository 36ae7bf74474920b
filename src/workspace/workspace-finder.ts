import { Injectable } from '@nestjs/common';
import type { VmWorkspaceView } from '../contract/index.js';
import type { Vm } from '../vm/index.js';
import { WorkspaceAmbiguousError, WorkspaceNotFoundError } from './workspace.errors.js';

/** Which of a VM's repositories is meant. */
@Injectable()
export class WorkspaceFinder {
  /**
   * @param at directory in the guest, or the last part of it; the only one there is when left out
   * @throws WorkspaceNotFoundError, WorkspaceAmbiguousError
   */
  require({ name, workspaces }: Pick<Vm, 'name' | 'workspaces'>, at?: string): VmWorkspaceView {
    const available = workspaces.map(({ guestPath }) => guestPath);
    const wanted = at?.replace(/(?<=.)\/+$/, '');
    const exact = workspaces.filter(({ guestPath }) => guestPath === wanted);
    const found =
      exact.length > 0
        ? exact
        : workspaces.filter(({ guestPath }) => wanted === undefined || guestPath.endsWith(`/${wanted}`));
    const [first] = found;
    if (first === undefined) throw new WorkspaceNotFoundError(name, available, at);
    if (found.length > 1)
      throw new WorkspaceAmbiguousError(
        name,
        found.map(({ guestPath }) => guestPath),
      );
    return first;
  }
}
