export interface ParamIssue {
  /** `workspace.path`, `command.3`; empty for the params as a whole */
  path: string;
  message: string;
}

/** Names that reach an object's prototype in careless code; class-transformer drops them silently. */
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Looks through parsed JSON before any library walks it: bounds the depth and refuses names that could reach a
 * prototype. Iterative, so that depth cannot exhaust the stack.
 */
export function inspectJson(root: object, maxDepth: number): ParamIssue | undefined {
  const todo: { value: object; path: string; depth: number }[] = [{ value: root, path: '', depth: 1 }];
  for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
    const { value, path, depth } = item;
    if (depth > maxDepth)
      return { path: shorten(path), message: `params are nested deeper than ${maxDepth}` };
    const names = Array.isArray(value) ? undefined : Object.keys(value);
    const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    for (let index = 0; index < members.length; index += 1) {
      const name = names?.[index];
      if (name !== undefined && FORBIDDEN_NAMES.has(name)) {
        return { path: shorten(join(path, name)), message: `${name} is not allowed as a name` };
      }
      const member = members[index];
      if (typeof member === 'object' && member !== null) {
        todo.push({ value: member, path: join(path, name ?? String(index)), depth: depth + 1 });
      }
    }
  }
  return undefined;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function shorten(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}
