import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

/** Modules that importing a file loads, packages by name; type-only imports load nothing. */
function loaded(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  for (const [, names, from = ''] of source.matchAll(/^(?:import|export) ([^;]*?)from '([^']+)';/gm)) {
    if (names?.startsWith('type ')) continue;
    if (from.startsWith('.')) loaded(join(dirname(file), from.replace(/\.js$/, '.ts')), seen);
    else seen.add(from);
  }
  return seen;
}

// The command line's start-up pays for everything that this pulls in: class-validator alone costs 120 ms.
it('the client loads Node’s own modules only', () => {
  const all = [...loaded(join(import.meta.dirname, 'client.ts'))];
  const packages = all.filter((name) => !name.startsWith('/') && !name.startsWith('node:'));
  expect(packages).toEqual([]);
  expect(all.filter((name) => name.startsWith('/')).length).toBeGreaterThan(8);
});
