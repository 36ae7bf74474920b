import type { CopySourceKind } from '../../contract/names.js';

/** What is found at a path: through a link, except that `link` says that it is one. */
export interface Found {
  readonly is: 'directory' | 'other' | 'nothing';
  readonly link: boolean;
}

/** Into the directory `into`; under the name `as` if there is one, else under the sources' own. */
export interface Placement {
  readonly into: string;
  readonly as: string | undefined;
}

type Decision = Placement | { readonly refused: string };

interface TargetFacts {
  readonly path: string;
  readonly kind: CopySourceKind;
  /** of the one source, where it has one */
  readonly name?: string | undefined;
}

/**
 * Where things go on the host, as cp has it. What is already there is looked at through `look`.
 * @returns why not, as the rest of a sentence about the target
 */
export function decidePlace({ path, kind, name }: TargetFacts, look: (path: string) => Found): Decision {
  const at = look(path);
  if (at.is === 'directory') return intoDirectory({ path, kind, name }, look);
  if (kind === 'several') return { refused: 'several things need a directory that is there' };
  if ((at.is === 'other' || at.link) && kind !== 'file') return { refused: 'it is there, and no directory' };
  const bare = path.replace(/(?<=.)\/+$/, '');
  if (bare !== path && kind === 'file') return { refused: 'it is no directory that is there' };
  const slash = bare.lastIndexOf('/');
  const into = slash < 0 ? '.' : bare.slice(0, slash) || '/';
  if (look(into).is !== 'directory') return { refused: `its directory ${into} is not there` };
  return { into, as: bare.slice(slash + 1) };
}

function intoDirectory({ path, kind, name }: TargetFacts, look: (path: string) => Found): Decision {
  const placement = { into: path, as: undefined };
  if (name === undefined || (kind !== 'file' && kind !== 'directory')) return placement;
  const inside = join(path, name);
  const refused = refusal(kind === 'directory', look(inside));
  return refused === undefined ? placement : { refused: `${inside} ${refused}` };
}

/**
 * Why something may not come to where that is. A link counts as what it is: what a guest has planted is never followed.
 */
export function refusal(isDirectory: boolean, there: Found): string | undefined {
  if (there.link) return isDirectory ? 'is a symbolic link, which is not followed' : undefined;
  if (there.is === 'directory') return isDirectory ? undefined : 'is a directory there';
  return there.is === 'other' && isDirectory ? 'is there, and no directory' : undefined;
}

export function join(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}
