import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const REPOSITORY = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Files of the project: tracked, or new and not ignored. Paths from the root of the repository. */
export function projectFiles(): string[] {
  const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  return [...new Set(listing.split('\0'))].filter(
    (path) => path !== '' && existsSync(join(REPOSITORY, path)),
  );
}

/** What the product is made of: TypeScript below src, without specs. */
export function productFiles(): string[] {
  return projectFiles().filter((path) => /^src\/.*\.ts$/.test(path) && !path.endsWith('.spec.ts'));
}

export function readProjectFile(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8');
}

const parsed = new Map<string, ts.SourceFile>();

function parse(path: string): ts.SourceFile {
  const file =
    parsed.get(path) ?? ts.createSourceFile(path, readProjectFile(path), ts.ScriptTarget.ES2023, true);
  parsed.set(path, file);
  return file;
}

/** Calls `visit` with every node of a file, and collects what it says as `path:line text`. */
export function findings(path: string, visit: (node: ts.Node) => string | undefined): string[] {
  const file = parse(path);
  const found: string[] = [];
  const walk = (node: ts.Node): void => {
    const text = visit(node);
    if (text !== undefined)
      found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${text}`);
    ts.forEachChild(node, walk);
  };
  walk(file);
  return found;
}
