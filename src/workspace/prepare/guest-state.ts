import { STATE_MAGIC } from './state-script.js';

/** What a guest says of a place in it. Nothing of it is trusted further than for what happens in the guest. */
export interface GuestState {
  readonly place: 'none' | 'taken' | 'repository';
  /** as the import has recorded it; absent when the record is gone */
  readonly recorded?: { readonly is: Standing; readonly source: string; readonly refs: string };
  readonly is: Standing;
  /** of the commit that is checked out */
  readonly headTree: string;
  /** commit of the branch that is to be set */
  readonly target: string;
  readonly commits: number;
  readonly complete: boolean;
  readonly partial: boolean;
  /** commits that are there, with all their files */
  readonly haveCommits: readonly string[];
  /** trees that are there, with all their files */
  readonly haveTrees: readonly string[];
  /** what is not committed, or not as it was imported; the first of it */
  readonly files: readonly string[];
}

/** Ids, empty for what there is none of; `branch` is a full name. */
export interface Standing {
  readonly head: string;
  readonly branch: string;
  readonly index: string;
  readonly tree: string;
}

const ID = /^[0-9a-f]{40,64}$/;

/** Undefined when it is not what the script writes. */
export function parseGuestState(output: string): GuestState | undefined {
  const end = output.indexOf('\n\n');
  const [magic, ...lines] = (end < 0 ? output : output.slice(0, end)).split('\n');
  const values = new Map<string, string[]>();
  for (const line of lines) {
    const [key = '', ...value] = line.split(' ');
    const known = values.get(key);
    if (known === undefined) values.set(key, [value.join(' ')]);
    else known.push(value.join(' '));
  }
  const one = (key: string): string => values.get(key)?.[0] ?? '';
  const id = (key: string): string => (ID.test(one(key)) ? one(key) : '');
  const ids = (key: string): string[] => (values.get(key) ?? []).filter((value) => ID.test(value));
  const standing = (prefix: string): Standing => ({
    head: id(`${prefix}head`),
    branch: one(`${prefix}branch`),
    index: id(`${prefix}index`),
    tree: id(`${prefix}tree`),
  });
  const place = one('place');
  if (magic !== STATE_MAGIC || !isPlace(place)) return undefined;
  const source = id('was-source');
  return {
    place,
    ...(source !== '' && { recorded: { is: standing('was-'), source, refs: id('was-refs') } }),
    is: standing(''),
    headTree: id('head-tree'),
    target: id('target'),
    commits: Number(/^\d{1,9}$/.exec(one('commits'))?.[0] ?? 0),
    complete: one('complete') === 'yes',
    partial: one('partial') === 'yes',
    haveCommits: ids('commit'),
    haveTrees: ids('files'),
    files:
      end < 0
        ? []
        : output
            .slice(end + 2)
            .split('\n')
            .filter(Boolean),
  };
}

/** It is what was imported, to the last file. */
export function isAsImported({ recorded, is }: GuestState): boolean {
  return recorded !== undefined && sameStanding(recorded.is, is);
}

export function sameStanding(one: Standing, other: Standing): boolean {
  return (
    one.head === other.head &&
    one.branch === other.branch &&
    one.index === other.index &&
    one.tree === other.tree
  );
}

function isPlace(text: string): text is GuestState['place'] {
  return text === 'none' || text === 'taken' || text === 'repository';
}
