import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const COMMITTER = 'committer Bench <bench@localhost>';
/** `s` since 1970 */
const FIRST_COMMIT_AT = 1_700_000_000;

/** A repository of so many files in one commit, and another with a long history of few. Both have uncommitted changes. */
export function makeRepository(path: string, { files, commits }: { files: number; commits: number }): string {
  mkdirSync(path);
  const git = (args: string[], input?: Buffer): void => {
    execFileSync('git', args, { cwd: path, ...(input !== undefined && { input }) });
  };
  git(['init', '-q', '-b', 'main']);
  git(['config', 'user.name', 'Bench']);
  git(['config', 'user.email', 'bench@localhost']);
  git(['fast-import', '--quiet'], Buffer.from(historyOf(files, commits)));
  git(['checkout', '-q', '-f', 'main']);
  appendFileSync(join(path, fileName(0)), 'not committed\n');
  writeFileSync(join(path, fileName(1)), 'staged\n');
  git(['add', fileName(1)]);
  writeFileSync(join(path, 'untracked'), 'untracked\n');
  return path;
}

/** One more commit, which changes one file. */
export function commitOnce(path: string, text: string): void {
  writeFileSync(join(path, 'new'), text);
  execFileSync('git', ['add', 'new'], { cwd: path });
  execFileSync('git', ['commit', '-q', '-m', text], { cwd: path });
}

function historyOf(files: number, commits: number): string {
  const parts: string[] = [];
  for (let commit = 0; commit < commits; commit += 1) {
    const message = `commit ${commit}`;
    parts.push(
      `commit refs/heads/main\n${COMMITTER} ${FIRST_COMMIT_AT + commit} +0000\ndata ${message.length}\n${message}\n`,
    );
    if (commit === 0) for (let file = 0; file < files; file += 1) parts.push(change(file, 0));
    else parts.push(change(commit % files, commit));
  }
  return parts.join('');
}

function change(file: number, version: number): string {
  const content = `${file} ${version}\n`.repeat(20 + (file % 100));
  return `M 100644 inline ${fileName(file)}\ndata ${content.length}\n${content}\n`;
}

function fileName(file: number): string {
  return `d${file % 100}/f${file}.txt`;
}
