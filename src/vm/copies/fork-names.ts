import { VM_NAME_PATTERN } from '../../contract/names.js';
import { BangerError } from '../../core/errors/index.js';

const MAX_NAME = 63;

/** Names for so many copies that are not taken: `web-1`, `web-2`, …; with a pattern what it says. Pure. */
export function forkNames(
  parent: string,
  { pattern, count, taken }: { pattern: string | undefined; count: number; taken: ReadonlySet<string> },
): string[] {
  if (pattern !== undefined) return byPattern(pattern, count);
  const names: string[] = [];
  for (let number = 1; names.length < count; number += 1) {
    const suffix = `-${number}`;
    const name = `${parent.slice(0, MAX_NAME - suffix.length)}${suffix}`;
    if (!taken.has(name)) names.push(name);
  }
  return names;
}

function byPattern(pattern: string, count: number): string[] {
  const names = Array.from({ length: count }, (_, at) => pattern.replaceAll('{n}', String(at + 1)));
  const wrong = names.find((name) => !VM_NAME_PATTERN.test(name));
  if (wrong !== undefined)
    throw refused(
      pattern,
      `${JSON.stringify(wrong)} is no name for a VM: a-z, 0-9 and -, at most 63, a letter first`,
    );
  if (new Set(names).size < count) throw refused(pattern, `all ${count} copies would have the same name`);
  return names;
}

function refused(pattern: string, why: string): BangerError<'PARAMS_INVALID'> {
  return new BangerError('PARAMS_INVALID', `the copies cannot be named ${JSON.stringify(pattern)}`, {
    details: { issues: [{ path: 'name', message: why }] },
    why,
    fix: 'put {n} where the number of the copy is to be: --name try-{n}',
  });
}
