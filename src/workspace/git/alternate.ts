/** A path as GIT_ALTERNATE_OBJECT_DIRECTORIES takes it: a list with ":" between, in which git reads C-style quotes. */
export function alternate(path: string): string {
  if (!/[:"\n\\]/.test(path)) return path;
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
