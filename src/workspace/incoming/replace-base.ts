import type { IncomingLimits } from './incoming-limits.js';
import type { Quarantine } from './quarantine.js';

/**
 * Makes the commits after `from` anew over `to`, which has the same files: a guest without history gets its commits
 * onto the one that they are about. Trees, authors, dates and messages stay; a signature would be wrong and goes.
 * What is written is not looked for in the host's repository, where git would set the time of one that is there.
 * @returns what `head` becomes
 */
export async function replaceBase(
  { git, alone }: Pick<Quarantine, 'git' | 'alone'>,
  { head, from, to }: { head: string; from: string; to: string },
  { idsBytes }: Pick<IncomingLimits, 'idsBytes'>,
  signal: AbortSignal,
): Promise<string> {
  const args = ['rev-list', '--topo-order', '--reverse', head, `^${from}`];
  const ids = (await git.run(args, { signal, maxOutputBytes: idsBytes }))
    .toString('latin1')
    .split('\n')
    .filter(Boolean);
  const made = new Map([[from, to]]);
  for (const id of ids) {
    const raw = await git.run(['cat-file', 'commit', id], { signal });
    const stdin = withParents(raw, made);
    const written = await alone.run(['hash-object', '-t', 'commit', '-w', '--stdin'], { stdin, signal });
    made.set(id, written.toString('latin1').trim());
  }
  return made.get(head) ?? head;
}

/** @param commit as `git cat-file commit` gives it @param made what ids of parents become */
export function withParents(commit: Buffer, made: ReadonlyMap<string, string>): Buffer {
  const text = commit.toString('latin1');
  const end = text.indexOf('\n\n');
  const header = text
    .slice(0, end)
    .replaceAll(/\ngpgsig(?:-sha256)? [^\n]*(?:\n [^\n]*)*/g, '')
    .replaceAll(/^parent ([0-9a-f]+)$/gm, (_line, id: string) => `parent ${made.get(id) ?? id}`);
  return Buffer.from(header + text.slice(end), 'latin1');
}
