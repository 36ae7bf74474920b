import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GUARANTEES } from '../guarantees/index.js';
import { readProjectFile, REPOSITORY } from './support/sources.js';

const DOCUMENT = 'docs/guarantees.md';

/** Rows of all tables of the document: the guarantee, and the files that its last column links. */
const rows = readProjectFile(DOCUMENT)
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:-+|Guarantee) /.test(line))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const links = [...(cells.at(-2) ?? '').matchAll(/\]\(([^)]+)\)/g)];
    return {
      guarantee: cells[1] ?? '',
      tests: links.map((link) => normalize(join(dirname(DOCUMENT), link[1] ?? ''))),
    };
  });

describe('docs/guarantees.md', () => {
  it('has the same guarantees as test/guarantees', () => {
    const listed = new Set(GUARANTEES.map(({ guarantee }) => guarantee));
    expect([...listed].toSorted()).toEqual(rows.map(({ guarantee }) => guarantee).toSorted());
  });

  it.each(GUARANTEES)('links the test of: $guarantee', ({ guarantee, test, name }) => {
    expect(existsSync(join(REPOSITORY, test)), test).toBe(true);
    const linked = rows.find((row) => row.guarantee === guarantee)?.tests ?? [];
    expect(linked.some((path) => test === path || test.startsWith(`${path}/`))).toBe(true);
    if (name !== undefined) expect(readProjectFile(test)).toContain(name);
  });

  it.each(GUARANTEES)('has a mechanism that can be taken out: $guarantee', ({ mutations }) => {
    expect(mutations.length).toBeGreaterThan(0);
    for (const { file, find, replace } of mutations) {
      expect(readProjectFile(file).split(find).length - 1, `${file}: ${find}`).toBe(1);
      expect(replace).not.toBe(find);
    }
  });
});
