import { Injectable } from '@nestjs/common';
import type { VmWorkspaceView } from '../../contract/index.js';
import { VmRepository } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import { WorkspaceFinder } from '../workspace-finder.js';

type Record = NonNullable<VmWorkspaceView['exports']>[number];

/** Branches of one repository that are remembered; of one that was forgotten an export says that it is not its own. */
const MAX_RECORDS = 64;

/** Where exports have left branches, in the books of each VM. */
@Injectable()
export class ExportRecords {
  constructor(
    private readonly vms: VmRepository,
    private readonly finder: WorkspaceFinder,
  ) {}

  /** The VM as it is in the books now, and which of its repositories is meant. */
  async find(id: string, at: string | undefined): Promise<{ vm: Vm; workspace: VmWorkspaceView }> {
    const vm = await this.vms.require(id);
    return { vm, workspace: this.finder.require(vm, at) };
  }

  /** Durable when it resolves. */
  async write(id: string, guestPath: string, exports: Record[]): Promise<void> {
    const { workspaces } = await this.vms.require(id);
    const changed = workspaces.map((other) =>
      other.guestPath === guestPath ? Object.assign(other, { exports }) : other,
    );
    await this.vms.update(id, { workspaces: changed });
  }
}

/**
 * The intent: from now on the branch may be where it is or at the new commit, whether or not anybody lives to see which.
 * Newest first.
 */
export function withRecord(records: readonly Record[] = [], record: Record): Record[] {
  return [record, ...records.filter((other) => !isSame(other, record))].slice(0, MAX_RECORDS);
}

/** The branch has moved on from there: whoever puts it back has moved it. Where it is in other repositories stays. */
export function withoutSuperseded(
  [newest, ...others]: readonly Record[],
  from: string | undefined,
): Record[] {
  if (newest === undefined) return [];
  const { branch, repository } = newest;
  return [newest, ...others.filter((other) => !isSame(other, { branch, commit: from, repository }))];
}

function isSame(
  record: Record,
  other: { branch: string; commit: string | undefined; repository?: string | undefined },
): boolean {
  const { branch, commit, repository } = record;
  return branch === other.branch && commit === other.commit && repository === other.repository;
}
