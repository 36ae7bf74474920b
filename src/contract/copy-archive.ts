/**
 * The archive in which files travel between a VM and the host: both sides make it, and unpack it, alike. Options of GNU tar.
 * Times to the nanosecond and names of any length want the POSIX format. Owners do not travel; holes do. `--no-unquote`:
 * else a backslash in a name would be taken for an escape.
 */
export const PACK_OPTIONS = [
  ...['--create', '--file=-', '--blocking-factor=128'],
  ...['--format=posix', '--pax-option=delete=atime,delete=ctime'],
  ...['--sparse', '--no-unquote', '--numeric-owner', '--owner=0', '--group=0'],
] as const;

/** Modes of directories are set last, so that one that may not be written can be filled. */
export const UNPACK_OPTIONS = [
  ...['--extract', '--file=-', '--blocking-factor=128'],
  ...['--preserve-permissions', '--no-same-owner', '--delay-directory-restore', '--warning=no-timestamp'],
] as const;

/** A source as tar is told of it: go to `directory`, take `member`. */
export interface PackedSource {
  readonly directory: string;
  /** undefined for the contents of the directory */
  readonly name: string | undefined;
}

/** `a/b/` is `b` in `a`; `a/.`, `..` and `/` are what is in them. */
export function packedSource(path: string): PackedSource {
  const bare = path.replace(/(?<=.)\/+$/, '');
  const slash = bare.lastIndexOf('/');
  const name = bare.slice(slash + 1);
  if (name === '' || name === '.' || name === '..') return { directory: bare, name: undefined };
  return { directory: slash < 0 ? '.' : bare.slice(0, slash) || '/', name };
}

/** Words for tar, from a working directory that is absolute: each source below `./`. */
export function packedMembers(workingDirectory: string, paths: readonly string[]): string[] {
  return paths
    .map(packedSource)
    .flatMap(({ directory, name }) => [
      ...['-C', workingDirectory, '-C', directory.startsWith('/') ? directory : `./${directory}`],
      name === undefined ? '.' : `./${name}`,
    ]);
}

/** Beside the file that it becomes; a long name is cut. The guest's scripts do the same. */
export const PART_SUFFIX = '.banger-part';
export const PART_NAME_BYTES = 200;
/** begins the name of a directory in which files wait until all are there */
export const STAGING_PREFIX = '.banger-cp-';
