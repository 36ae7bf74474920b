import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/contract/version.js';
import { projectFiles, readProjectFile, REPOSITORY } from './support/sources.js';

const MAX_TEXT_BYTES = 1 << 20;
const files = projectFiles();

describe('documents', () => {
  it('package.json and the contract name the same version', () => {
    expect((JSON.parse(readProjectFile('package.json')) as { version: string }).version).toBe(VERSION);
    const lock = JSON.parse(readProjectFile('package-lock.json')) as { version: string };
    expect(lock.version).toBe(VERSION);
  });

  it('CHANGELOG.md keeps the form of keepachangelog.com', () => {
    const lines = readProjectFile('CHANGELOG.md').split('\n');
    const headings = lines.filter((line) => line.startsWith('#'));
    expect(headings[0]).toBe('# Changelog');
    const versions = headings.filter((line) => line.startsWith('## '));
    expect(versions[0]).toBe('## [Unreleased]');
    expect(
      versions.slice(1).filter((line) => !/^## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/.test(line)),
    ).toEqual([]);
    const dates = versions.slice(1).map((line) => line.slice(-10));
    expect(dates).toEqual(dates.toSorted().toReversed());
    const sections = headings.filter((line) => line.startsWith('### ')).map((line) => line.slice(4));
    const known = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
    expect(sections.filter((section) => !known.includes(section))).toEqual([]);
  });

  it('links between files lead somewhere', () => {
    const dead = files
      .filter((path) => path.endsWith('.md') && !path.startsWith('test/fixtures/'))
      .flatMap((path) => deadLinks(path).map((link) => `${path}: ${link}`));
    expect(dead).toEqual([]);
  });

  it('no file names a place of one machine', () => {
    // spelled in parts, or this file would find itself
    const places = [
      ['/wo', 'rk/'],
      ['/tmp', '/w/'],
      ['/home', '/user/'],
      ['npm.', 'mirror'],
    ].map((parts) => parts.join(''));
    const found = files
      .filter((path) => statSync(join(REPOSITORY, path)).size <= MAX_TEXT_BYTES)
      .flatMap((path) => {
        const text = readFileSync(join(REPOSITORY, path), 'latin1');
        return places.filter((place) => text.includes(place)).map((place) => `${path}: ${place}`);
      });
    expect(found).toEqual([]);
  });

  it('shell programs ask for sh, since bash may not be there', () => {
    const scripts = files.filter((path) => /^(scripts\/.*\.sh|banger|\.ci\/run)$/.test(path));
    const odd = scripts.filter((path) => {
      const executable = (statSync(join(REPOSITORY, path)).mode & 0o111) !== 0;
      const first = readProjectFile(path).split('\n')[0] ?? '';
      return first !== '#!/bin/sh' && (executable || first.startsWith('#!'));
    });
    expect(odd).toEqual([]);
  });
});

/** Links to files and to headings that do not exist; links to other hosts are not followed. */
function deadLinks(path: string): string[] {
  const text = readProjectFile(path)
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .replace(/`[^`\n]+`/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target)).filter((target) => !resolves(path, target));
}

function resolves(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const place = file === '' ? from : join(dirname(from), decodeURIComponent(file));
  if (!existsSync(join(REPOSITORY, place))) return false;
  if (anchor === undefined || !place.endsWith('.md')) return true;
  const headings = readProjectFile(place).matchAll(/^#+\s+(.*)$/gm);
  return [...headings].some((match) => slug(match[1] ?? '') === anchor);
}

/** The anchor that GitHub gives a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}
