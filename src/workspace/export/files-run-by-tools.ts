/** Directories whose files editors, agents and git hook managers act on, and names of files that do the same. */
const DIRECTORIES = ['.vscode', '.idea', '.devcontainer', '.husky', '.githooks', '.claude', '.cursor'];
const FILES = [
  '.envrc',
  '.devcontainer.json',
  '.pre-commit-config.yaml',
  'lefthook.yml',
  '.mcp.json',
  '.mise.toml',
  'mise.toml',
  '.exrc',
  '.nvim.lua',
  '.nvimrc',
  '.vimrc',
  '.dir-locals.el',
  '.gdbinit',
  '.gitlab-ci.yml',
];
const ENDINGS = ['.code-workspace'];
/** what a forge runs when it is pushed */
const PATHS = /(?:^|\/)\.(?:github\/workflows|circleci)(?:\/|$)/;

/**
 * Those of the files that tools of the host, or a forge, may run without being told to, once they are checked out or
 * pushed. What somebody has to start, as a Makefile, is none of them.
 * @param paths below the top of a repository
 */
export function filesRunByTools<Path extends string>(paths: readonly Path[]): Path[] {
  return paths.filter((path) => {
    const parts = path.split('/');
    const name = parts.at(-1) ?? '';
    return (
      // the last part as well: a link may stand for the directory
      parts.some((part) => DIRECTORIES.includes(part)) ||
      FILES.includes(name) ||
      ENDINGS.some((ending) => name.endsWith(ending)) ||
      PATHS.test(path)
    );
  });
}
