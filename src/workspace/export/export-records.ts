import type { VmWorkspaceView } from '../../contract/index.js';

type Record = NonNullable<VmWorkspaceView['exports']>[number];

/** Branches of one repository that are remembered; of one that was forgotten an export says that it is not its own. */
const MAX_RECORDS = 64;

/**
 * The intent: from now on the branch may be where it is or at the new commit, whether or not anybody lives to see which.
 * Newest first.
 */
export function withRecord(records: readonly Record[] = [], record: Record): Record[] {
  return [record, ...records.filter((other) => !isOf(other, record.branch, record.commit))].slice(
    0,
    MAX_RECORDS,
  );
}

/** The branch has moved on from there: whoever puts it back has moved it. */
export function withoutSuperseded(
  records: readonly Record[],
  { branch, from }: { branch: string; from: string | undefined },
): Record[] {
  return records.filter((record, index) => index === 0 || !isOf(record, branch, from));
}

function isOf(record: Record, branch: string, commit: string | undefined): boolean {
  return record.branch === branch && record.commit === commit;
}
