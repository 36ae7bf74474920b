import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isKind } from '../../core/errors/index.js';
import { parseRecipe } from './parse-recipe.js';
import { RECIPE_KEYS } from './recipe-keys.js';

async function problemsOf(text: string): Promise<readonly string[]> {
  try {
    await parseRecipe('web.toml', text);
  } catch (error) {
    if (!isKind(error, 'IMAGE_RECIPE_INVALID')) throw error;
    return error.details.problems;
  }
  return [];
}

const EVERYTHING = Object.values(RECIPE_KEYS)
  .filter(({ key }) => key !== 'image')
  .map(({ example = '' }) => example)
  // what follows a table belongs to it
  .toSorted((one, other) => Number(one.startsWith('[')) - Number(other.startsWith('[')))
  .join('\n');

describe('a recipe', () => {
  it('says what its image is made of', async () => {
    expect(await parseRecipe('web.toml', EVERYTHING)).toEqual({
      file: 'web.toml',
      base: { suite: 'bookworm' },
      packages: ['nodejs', 'npm'],
      users: ['dev'],
      files: [{ from: 'npmrc', to: '/root/.npmrc', mode: 0o600 }],
      commands: [{ run: 'npm install --global pnpm', user: 'root', line: 12 }],
      services: ['docker'],
      env: { NODE_ENV: 'development' },
      diskBytes: 16 * 1024 ** 3,
      lines: expect.objectContaining({ base: 1, disk: 2, packages: 3, user: 4, services: 5 }) as object,
    });
    expect(await parseRecipe('x', '')).toMatchObject({ base: {}, packages: [], users: [], commands: [] });
    expect((await parseRecipe('x', 'image = "debian:12"')).base).toEqual({ image: 'debian:12' });
  });

  it('takes commands as texts too, makes the users they name, and tells where each stands', async () => {
    const { commands, users } = await parseRecipe(
      'x',
      'user = "dev"\ncommands = [\n  "a",\n  { run = "b", user = "ci" },\n  { run = "c", user = "dev" },\n]',
    );
    expect(commands).toEqual([
      { run: 'a', line: 3 },
      { run: 'b', user: 'ci', line: 4 },
      { run: 'c', user: 'dev', line: 5 },
    ]);
    expect(users).toEqual(['dev', 'ci']);
  });

  it('puts a file under its own name where it is to go to a directory', async () => {
    const { files } = await parseRecipe('x', 'files = [{ from = "a/b.sh", to = "/usr/local/bin/" }]');
    expect(files).toEqual([{ from: 'a/b.sh', to: '/usr/local/bin/b.sh' }]);
  });

  it('is told everything that is wrong with it, with the line', async () => {
    const text = `base = "bookworm"
image = "debian"
package = ["git"]
packages = ["git", "--option", "$(id)"]
user = "root"
disk = "1g"
services = ["-x"]
commands = ["true", { run = "x", as = "dev" }, 3]
[[files]]
from = "../../etc/shadow"
to = "/x"
[env]
BASH_ENV = "x"
A = "two\\nlines"
`;
    const problems = await problemsOf(text);
    expect(problems.map((problem) => problem.replace(/ must .*/, ''))).toEqual([
      'web.toml:3:1: package is not a known key; did you mean packages?',
      'web.toml:4:20: packages[1]',
      'web.toml:4:32: packages[2]',
      'web.toml:6:1: disk',
      'web.toml:7:13: services[0]',
      'web.toml:8:34: commands[1].as is not a known key',
      'web.toml:8:48: commands[2]',
      'web.toml:10:1: files[0].from',
      'web.toml:13:1: env.BASH_ENV is not the name of a variable that no login sets itself',
      'web.toml:14:1: env.A',
      'web.toml:2:1: image cannot stand beside base: one of them is what the image is made of',
      'web.toml:5:1: user cannot be root, who is there anyway',
    ]);
    expect(problems.join()).not.toContain('two');
  });

  it.each([
    [
      'a file twice',
      'files = [{ from = "a", to = "/x/" }, { from = "b/a", to = "/x/a" }]',
      /files\[1\].to is where/,
    ],
    ['a syntax error', 'packages = [', /web.toml:1:\d+: is no valid TOML/],
    ['too many commands', `commands = [${'"x",'.repeat(129)}]`, /at most 128/],
    ['too much', `# ${'x'.repeat(65_536)}`, /larger than 64 KiB/],
  ])('cannot have %s', async (_, text, problem) => {
    expect((await problemsOf(text)).join()).toMatch(problem);
  });
});

describe('each ready recipe', () => {
  const directory = join(import.meta.dirname, '../../../recipes');
  const files = readdirSync(directory);

  it.each(files)('%s can be followed, and needs no file beside it', async (file) => {
    const recipe = await parseRecipe(file, readFileSync(join(directory, file), 'utf8'));
    expect(recipe.files).toEqual([]);
    expect('suite' in recipe.base && recipe.base.suite).toBe(undefined);
  });

  it('is named by the help of the command', () => {
    const help = readFileSync(join(import.meta.dirname, '../../cli/image/image-build.command.ts'), 'utf8');
    expect(help).toContain(
      `(${files
        .map((file) => file.replace('.toml', ''))
        .toSorted()
        .join(', ')})`,
    );
  });
});
