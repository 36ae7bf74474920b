import { describe, expect, it } from 'vitest';
import { parseRecipe } from '../recipe/parse-recipe.js';
import type { RecipeContent } from '../recipe/recipe.types.js';
import { planSteps } from './plan-steps.js';
import type { RecipeStep } from './recipe-step.js';

const RECIPE = `
packages = ["b", "a"]
user = "dev"
files = [{ from = "f", to = "/f" }]
commands = ["one", { run = "two", user = "dev" }]
services = ["s"]
env = { A = "1" }`;

const contents = (text = 'f', executable = false): Map<string, RecipeContent> =>
  new Map([['f', { content: Buffer.from(text), executable }]]);

async function steps(
  change: (text: string) => string = (text) => text,
  given = contents(),
  base = 'base',
): Promise<RecipeStep[]> {
  return planSteps(await parseRecipe('r', change(RECIPE)), given, base);
}

/** Titles of the steps that would have to be taken again. */
async function changed(...given: Parameters<typeof steps>): Promise<string[]> {
  const before = new Set((await steps()).map(({ digest }) => digest));
  return (await steps(...given)).filter(({ digest }) => !before.has(digest)).map(({ title }) => title);
}

const ALL = [
  'packages: a b',
  'users: dev',
  'files: /f',
  'command 1/2: one',
  'command 2/2: two',
  'services: s',
];

describe('the steps of a recipe', () => {
  it('are packages, users, files, commands, services', async () => {
    expect((await steps()).map(({ title }) => title)).toEqual(ALL);
    expect(new Set((await steps()).map(({ digest }) => digest)).size).toBe(ALL.length);
  });

  it('are the same again for the same recipe, in whatever order its packages stand', async () => {
    expect(await changed((text) => `${text}\n# a remark`)).toEqual([]);
    expect(await changed((text) => text.replace('"b", "a"', '"a", "b", "a"'))).toEqual([]);
  });

  it.each<[string, Parameters<typeof steps>, number]>([
    ['the base', [undefined, contents(), 'other'], 0],
    ['a package', [(text) => text.replace('"a"', '"a=1"')], 0],
    ['a user', [(text) => text.replace('user = "dev"', 'user = "ci"')], 1],
    ['the content of a file', [undefined, contents('g')], 2],
    ['the mode of a file on the host', [undefined, contents('f', true)], 2],
    ['the owner of a file', [(text) => text.replace('"/f" }', '"/f", owner = "dev" }')], 2],
    ['a variable', [(text) => text.replace('A = "1"', 'A = "2"')], 3],
    ['the second command', [(text) => text.replace('"two"', '"2"')], 4],
    ['who runs it', [(text) => text.replace('"two", user = "dev"', '"two"')], 4],
    ['a service', [(text) => text.replace('"s"', '"t"')], 5],
  ])('are other ones from there on when %s is another', async (_, given, from) => {
    expect(await changed(...given)).toHaveLength(ALL.length - from);
  });

  it('are told by one line that is not too long', async () => {
    const [step] = await planSteps(
      await parseRecipe('r', `commands = ["${'x'.repeat(500)}\\ny"]`),
      new Map(),
      '',
    );
    expect(step?.title).toBe(`${`command 1/1: ${'x'.repeat(500)}`.slice(0, 100)}…`);
  });
});
