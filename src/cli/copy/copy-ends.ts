import { UsageError } from '../usage-error.js';

/** What `vm cp` was asked for. */
export interface CopyRequest {
  readonly direction: 'in' | 'out';
  readonly vm: string;
  /** as written, without `VM:` */
  readonly sources: readonly string[];
  readonly target: string;
}

/** The host's side of the copy is stdin or stdout. */
export const STANDARD_STREAM = '-';

interface End {
  readonly vm: string | undefined;
  readonly path: string;
}

/** `VM:PATH`, or a path of the host's; one with a colon before its first slash is written `./a:b`, as for scp. */
function parseEnd(text: string): End {
  const colon = text.indexOf(':');
  if (colon <= 0 || text.slice(0, colon).includes('/')) return { vm: undefined, path: text };
  return { vm: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** @throws UsageError */
export function parseCopy(words: readonly string[]): CopyRequest {
  const ends = words.map(parseEnd);
  const target = ends.at(-1);
  const sources = ends.slice(0, -1);
  if (target === undefined || sources.length === 0)
    throw new UsageError('vm cp needs a source and a target', 'write: banger vm cp SOURCE… TARGET');
  if (words.includes('')) throw new UsageError('an empty word is no path', 'write . for this directory');
  const vms = new Set(sources.map(({ vm }) => vm));
  const [from] = vms;
  if (vms.size > 1)
    throw new UsageError(
      'the sources are not all in one place',
      'copy from each place by a command of its own',
    );
  if ((from === undefined) === (target.vm === undefined)) throw noWay(from);
  checkHostPaths(ends);
  const request = {
    direction: from === undefined ? 'in' : 'out',
    vm: from ?? target.vm ?? '',
    sources: sources.map(({ path }) => path),
    target: target.path,
  } as const;
  checkStream(request);
  return request;
}

/** Those of a VM may have any bytes; but tar is told of those here by arguments, which Node can give as UTF-8 only. */
function checkHostPaths(ends: readonly End[]): void {
  for (const { vm, path } of ends)
    if (vm === undefined && !path.isWellFormed())
      throw new UsageError(
        `a path of this host is no UTF-8: ${path.toWellFormed()}`,
        'copy the directory that it is in; what is below that may have any name',
      );
}

function noWay(from: string | undefined): UsageError {
  return from === undefined
    ? new UsageError(
        'neither side is in a VM',
        'write VM:PATH for the one that is; a file of this host with a ":" in its name as ./NAME',
      )
    : new UsageError('both sides are in VMs', 'copy to this host first, and from here to the other VM');
}

function checkStream({ direction, sources, target }: CopyRequest): void {
  if (direction === 'in' && sources.includes(STANDARD_STREAM) && sources.length > 1)
    throw new UsageError('"-" is stdin, and goes alone', 'write ./- for a file of that name');
  if (direction === 'out' && target === STANDARD_STREAM && sources.length > 1)
    throw new UsageError('stdout takes one file', 'write ./- for a directory of that name');
}
