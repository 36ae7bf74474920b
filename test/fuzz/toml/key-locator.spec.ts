import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { KeyLocator } from '../../../src/core/toml/key-locator.js';
import type { TomlPath } from '../../../src/core/toml/toml-issue.js';
import { Random } from '../rpc/random.js';
import { damage, TomlWriter } from './toml-documents.js';

/** Every key and element of the document, by smol-toml. */
function pathsOf(value: unknown, path: TomlPath = []): TomlPath[] {
  if (typeof value !== 'object' || value === null || value instanceof Date) return [path];
  const members = Array.isArray(value)
    ? value.map((one: unknown, index) => [index, one] as const)
    : Object.entries(value);
  return [path, ...members.flatMap(([name, one]) => pathsOf(one, [...path, name]))];
}

function valid(text: string): object | undefined {
  try {
    return parse(text, { maxDepth: 64 });
  } catch {
    return undefined;
  }
}

/** What stands at the place, read as a key by smol-toml itself. */
function keyAt(text: string, places: KeyLocator, path: TomlPath): string | undefined {
  const place = places.place(path);
  const line = text.split('\n')[(place?.line ?? 0) - 1] ?? '';
  const key = /^(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')/.exec(line.slice((place?.column ?? 0) - 1))?.[0];
  return key === undefined ? undefined : Object.keys(parse(`${key} = 1`))[0];
}

it('finds every key that smol-toml finds, at its first place (4,000 documents, seed 1)', () => {
  const random = new Random(1);
  let accepted = 0;
  let keys = 0;
  for (let round = 0; round < 4_000; round += 1) {
    const text = new TomlWriter(random).document();
    const table = valid(text);
    if (table === undefined) continue;
    accepted += 1;
    const places = new KeyLocator(text);
    for (const path of pathsOf(table).slice(1)) {
      expect(places.has(path), `${JSON.stringify(path)} in\n${text}`).toBe(true);
      const name = path.at(-1);
      if (typeof name !== 'string') continue;
      keys += 1;
      expect(keyAt(text, places, path), `${JSON.stringify(path)} in\n${text}`).toBe(name);
    }
  }
  // a writer of nonsense would make this test one of nothing
  expect(accepted).toBeGreaterThan(2_000);
  expect(keys).toBeGreaterThan(13_000);
});

it('finds them in whatever else smol-toml accepts, and ends on whatever it does not (10,000 texts, seed 2)', () => {
  const random = new Random(2);
  for (let round = 0; round < 10_000; round += 1) {
    const text = damage(new TomlWriter(random).document(), random);
    const places = new KeyLocator(text);
    const table = valid(text);
    for (const path of table === undefined ? [] : pathsOf(table).slice(1))
      expect(places.has(path), `${JSON.stringify(path)} in\n${text}`).toBe(true);
  }
});

it.each([
  ['brackets', '['.repeat(1_000_000)],
  ['arrays', `a = ${'['.repeat(500_000)}`],
  ['inline tables', 'a={'.repeat(300_000)],
  ['a long dotted key', `${'a.'.repeat(500_000)}b = 1`],
  ['quotes', '"'.repeat(1_000_000)],
  ['backslashes', `a = "${'\\'.repeat(999_999)}`],
  ['an unfinished string', `a = """${'x"'.repeat(400_000)}`],
  ['empty lines', '\n'.repeat(1_000_000)],
  ['comments', '#\n'.repeat(500_000)],
])('a megabyte of %s takes no more than a moment', (_, text) => {
  const started = performance.now();
  new KeyLocator(text).place(['a']);
  expect(performance.now() - started).toBeLessThan(5_000);
});
