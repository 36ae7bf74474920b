import { BRANCH_NAME_PATTERN, VM_NAME_PATTERN } from '../../contract/names.js';
import { BangerError } from '../../core/errors/index.js';

const MAX_NAME = 63;

export interface ForkName {
  readonly name: string;
  /** what `{n}` stands for */
  readonly number: number;
  /** that its repository gets */
  readonly branch?: string;
}

export interface ForkPatterns {
  readonly name: string | undefined;
  readonly branch: string | undefined;
}

/**
 * Names for so many copies, and their branches, by the patterns for them. Without one for the names they are not taken:
 * `web-1`, `web-2`, … Pure.
 */
export function forkNames(
  parent: string,
  { patterns, count, taken }: { patterns: ForkPatterns; count: number; taken: ReadonlySet<string> },
): ForkName[] {
  const { name, branch } = patterns;
  const names = name === undefined ? made(parent, count, taken) : byPattern(name, count);
  return branch === undefined ? names : names.map((one) => withBranch(one, branch));
}

function made(parent: string, count: number, taken: ReadonlySet<string>): ForkName[] {
  const names: ForkName[] = [];
  for (let number = 1; names.length < count; number += 1) {
    const suffix = `-${number}`;
    const name = `${parent.slice(0, MAX_NAME - suffix.length)}${suffix}`;
    if (!taken.has(name)) names.push({ name, number });
  }
  return names;
}

function byPattern(pattern: string, count: number): ForkName[] {
  const names = Array.from({ length: count }, (_, at) => numbered(pattern, at + 1));
  const wrong = names.find((name) => !VM_NAME_PATTERN.test(name));
  if (wrong !== undefined)
    throw refused(
      'name',
      pattern,
      `${JSON.stringify(wrong)} is no name for a VM: a-z, 0-9 and -, at most 63, a letter first`,
    );
  if (new Set(names).size < count)
    throw refused('name', pattern, `all ${count} copies would have the same name`);
  return names.map((name, at) => ({ name, number: at + 1 }));
}

/** Without `{n}` all of them get the same: each is in a repository of its own. */
function withBranch({ name, number }: ForkName, pattern: string): ForkName {
  const branch = numbered(pattern, number);
  if (BRANCH_NAME_PATTERN.test(branch)) return { name, number, branch };
  throw refused('branch', pattern, `git takes no branch called ${JSON.stringify(branch)}`);
}

function numbered(pattern: string, number: number): string {
  return pattern.replaceAll('{n}', String(number));
}

function refused(what: 'name' | 'branch', pattern: string, why: string): BangerError<'PARAMS_INVALID'> {
  const subject = what === 'name' ? 'the copies' : 'the branches of the copies';
  return new BangerError('PARAMS_INVALID', `${subject} cannot be named ${JSON.stringify(pattern)}`, {
    details: { issues: [{ path: what, message: why }] },
    why,
    fix: `put {n} where the number of the copy is to be: --${what} try-{n}`,
  });
}
