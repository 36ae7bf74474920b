import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/**
 * The files that take longest, longest first, as parts of their paths. In a fresh clone vitest knows no durations and goes
 * by the size of the files, which has little to do with them; a long one that begins last is waited for by nobody else.
 * What is not here comes after, in vitest's own order.
 */
const LONGEST = [
  'e2e/templates/templates',
  'e2e/quickstart/',
  'e2e/doctor/',
  'e2e/copy-files/cp.',
  'e2e/templates/identities',
  'e2e/images/pull',
  'e2e/images/bundle',
  'e2e/sessions/outlive',
  'e2e/disks/',
  'e2e/policies/',
  'e2e/copies/',
  'e2e/vm/observe',
  'e2e/snapshots/',
  'e2e/sessions/control',
  'e2e/workspace/',
  'e2e/vm/set',
  'e2e/exec/streams',
  'e2e/vm/power',
  'integration/workspace/git-status',
  'integration/image/provisioning/debian-tree',
  'integration/image/archive/umoci',
  'integration/workspace/prepare-again',
  'integration/workspace/workspace-status',
  'integration/workspace/export-merge',
  'integration/image/recipe',
  'chaos/steps/workspace',
  'chaos/days/full-disk',
  'chaos/days/machines',
  'chaos/steps/template',
];

const place = ({ moduleId }: TestSpecification): number => {
  const at = LONGEST.findIndex((part) => moduleId.includes(`/test/${part}`));
  return at === -1 ? LONGEST.length : at;
};

/** Begins with what takes longest, so that all workers end at about the same time. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the base class's own method, not an array's
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
