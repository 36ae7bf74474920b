/**
 * Parsers of git's NUL-separated listings. Paths are bytes, not text: they are kept as latin1 strings, which hold
 * every byte as it is, and go back to git in the same encoding.
 */
export type BytePath = string & { readonly bytePath: unique symbol };

export function toBytes(paths: Iterable<string>): Buffer {
  let all = '';
  for (const path of paths) all += `${path}\0`;
  return Buffer.from(all, 'latin1');
}

/** For messages: UTF-8 where it is. */
export function displayPath(path: BytePath): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

function records(output: Buffer): string[] {
  const all = output.toString('latin1').split('\0');
  all.pop();
  return all;
}

/** @param output names alone, as of `git diff-tree -z --name-only` */
export function parseNames(output: Buffer): BytePath[] {
  return records(output) as BytePath[];
}

/** Entries of the index that are not just a file at stage 0. */
export interface IndexListing {
  /** `mode oid stage\tpath`, the form that `git update-index --index-info` reads */
  readonly unmerged: string[];
  readonly unmergedPaths: Set<BytePath>;
  readonly skipWorktree: BytePath[];
  readonly assumeUnchanged: BytePath[];
  readonly submodules: BytePath[];
}

/** @param output of `git ls-files -z -s -v` */
export function parseIndexListing(output: Buffer): IndexListing {
  const listing: IndexListing = {
    unmerged: [],
    unmergedPaths: new Set(),
    skipWorktree: [],
    assumeUnchanged: [],
    submodules: [],
  };
  for (const record of records(output)) {
    const tag = record.charAt(0);
    const tab = record.indexOf('\t');
    const path = record.slice(tab + 1) as BytePath;
    if (tag === 'H' && !record.startsWith('H 160000')) continue;
    if (record.startsWith('160000', 2)) listing.submodules.push(path);
    if (record.charAt(tab - 1) !== '0') {
      listing.unmerged.push(record.slice(2));
      listing.unmergedPaths.add(path);
    } else if (tag.toUpperCase() === 'S') listing.skipWorktree.push(path);
    if (tag !== tag.toUpperCase()) listing.assumeUnchanged.push(path);
  }
  return listing;
}

/** Entries that a sparse checkout does not leave out. @param output of `git ls-files -z -s -v` */
export function parseCheckedOut(output: Buffer): { id: string; path: BytePath }[] {
  return records(output)
    .filter((record) => !/^s/i.test(record))
    .map((record) => {
      const tab = record.indexOf('\t');
      const [, , id = ''] = record.slice(0, tab).split(' ');
      return { id, path: record.slice(tab + 1) as BytePath };
    });
}

/** @param output of `git ls-tree -r -z` */
export function parseTree(output: Buffer): { type: string; id: string; path: BytePath }[] {
  return records(output).map((record) => {
    const tab = record.indexOf('\t');
    const [, type = '', id = ''] = record.slice(0, tab).split(' ');
    return { type, id, path: record.slice(tab + 1) as BytePath };
  });
}

export interface WorktreeChanges {
  /** tracked files whose working tree version has to be read */
  readonly present: Set<BytePath>;
  readonly deleted: Set<BytePath>;
  /** `git add -N`: in the index without content */
  readonly intentToAdd: BytePath[];
  readonly changedSubmodules: BytePath[];
  /** deleted, and empty in the index: an intent to add, perhaps */
  readonly deletedEmpty: BytePath[];
  /** blobs that the index has for the files in `present` */
  readonly oldIds: Set<string>;
}

/** ids of the empty file, SHA-1 and SHA-256 */
const EMPTY_BLOBS =
  /^(?:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391|473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813)$/;

/** @param output of `git diff-files --raw -z`: `:mode mode oid oid STATUS`, then the path */
export function parseDiffFiles(output: Buffer): WorktreeChanges {
  const changes: WorktreeChanges = {
    present: new Set(),
    deleted: new Set(),
    intentToAdd: [],
    changedSubmodules: [],
    deletedEmpty: [],
    oldIds: new Set(),
  };
  const all = records(output);
  for (let index = 0; index + 1 < all.length; index += 2) {
    const [oldMode = '', newMode = '', oldId = '', , status = ''] = (all[index] ?? '').slice(1).split(' ');
    const path = all[index + 1] as BytePath;
    if (status.startsWith('A')) changes.intentToAdd.push(path);
    if (newMode === '000000') {
      changes.deleted.add(path);
      if (EMPTY_BLOBS.test(oldId)) changes.deletedEmpty.push(path);
    } else if (oldMode === '160000' && newMode === '160000') changes.changedSubmodules.push(path);
    else {
      changes.present.add(path);
      if (/^1[02]/.test(oldMode) && !/^0+$/.test(oldId)) changes.oldIds.add(oldId);
    }
  }
  return changes;
}

/** What paths are in the second tree; mode `000000` where they are not. @param output of `git diff-tree -r -z --raw` */
export function parseTreeChanges(output: Buffer): { mode: string; id: string; path: BytePath }[] {
  const all = records(output);
  const changes: { mode: string; id: string; path: BytePath }[] = [];
  for (let index = 0; index + 1 < all.length; index += 2) {
    const [, mode = '', , id = ''] = (all[index] ?? '').split(' ');
    changes.push({ mode, id, path: all[index + 1] as BytePath });
  }
  return changes;
}

/** @param output of `git ls-files -z -o --exclude-standard`; a path that ends with "/" is a repository of its own */
export function parseUntracked(output: Buffer): { files: BytePath[]; repositories: BytePath[] } {
  const files: BytePath[] = [];
  const repositories: BytePath[] = [];
  for (const path of records(output) as BytePath[]) (path.endsWith('/') ? repositories : files).push(path);
  return { files, repositories };
}

/** What git finds for a repository, keys in lower case. */
export interface Config {
  readonly values: ReadonlyMap<string, string>;
  /** keys whose value is the repository's own word, not that of the host or of the owner */
  readonly ofRepository: ReadonlySet<string>;
}

const SCOPES_OF_HOST = new Set(['system', 'global', 'command']);

/** @param output of `git config --list -z --show-scope`: scope, then `key\nvalue`; the last one wins. A key without value means true. */
export function parseConfig(output: Buffer): Config {
  const values = new Map<string, string>();
  const ofRepository = new Set<string>();
  const all = output.toString('utf8').split('\0');
  for (let index = 0; index + 1 < all.length; index += 2) {
    const [scope = '', record = ''] = all.slice(index, index + 2);
    const end = record.indexOf('\n');
    const key = end < 0 ? record : record.slice(0, end);
    values.set(key, end < 0 ? 'true' : record.slice(end + 1));
    if (SCOPES_OF_HOST.has(scope)) ofRepository.delete(key);
    else ofRepository.add(key);
  }
  return { values, ofRepository };
}
