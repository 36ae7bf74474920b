import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { Recipe, RecipeContent } from '../recipe/recipe.types.js';
import { ENABLE_SERVICES, INSTALL_PACKAGES, MAKE_USERS, PLACE_FILES, RUN_COMMAND } from './recipe-scripts.js';
import type { RecipeStep } from './recipe-step.js';

/** Raised when steps leave something else than before without any change of their scripts. */
const STEP_FORMAT = 1;
const MAX_TITLE = 100;

type Draft = Omit<RecipeStep, 'digest'>;

/**
 * The steps of a recipe in their order, over a base of this digest.
 * @param contents of the recipe's files, by where they are from
 */
export async function planSteps(
  recipe: Recipe,
  contents: ReadonlyMap<string, RecipeContent>,
  base: string,
): Promise<RecipeStep[]> {
  const drafts = [
    ...packages(recipe),
    ...users(recipe),
    ...(await files(recipe, contents)),
    ...commands(recipe),
    ...services(recipe),
  ];
  let before = base;
  return drafts.map((draft) => {
    const digest = digestOf(before, draft);
    before = digest;
    return { ...draft, digest };
  });
}

function digestOf(before: string, { kind, program }: Draft): string {
  const { script, args, stdin } = program;
  const input = stdin === undefined ? null : createHash('sha256').update(stdin).digest('hex');
  return createHash('sha256')
    .update(JSON.stringify([STEP_FORMAT, before, kind, script, args, input]))
    .digest('hex');
}

function packages(recipe: Recipe): Draft[] {
  if (recipe.packages.length === 0) return [];
  return [step(recipe, 'packages', recipe.packages.toSorted(), INSTALL_PACKAGES)];
}

function users(recipe: Recipe): Draft[] {
  if (recipe.users.length === 0) return [];
  return [{ ...step(recipe, 'users', recipe.users, MAKE_USERS), line: recipe.lines['user'] }];
}

function services(recipe: Recipe): Draft[] {
  if (recipe.services.length === 0) return [];
  return [step(recipe, 'services', recipe.services, ENABLE_SERVICES)];
}

function step(
  { lines }: Recipe,
  kind: 'packages' | 'users' | 'services',
  args: readonly string[],
  script: string,
): Draft {
  return { kind, title: titleOf(`${kind}: ${args.join(' ')}`), line: lines[kind], program: { script, args } };
}

async function files(recipe: Recipe, contents: ReadonlyMap<string, RecipeContent>): Promise<Draft[]> {
  if (recipe.files.length === 0) return [];
  const archive = pack();
  for (const { from, to, mode } of recipe.files) {
    const { content, executable } = contents.get(from) ?? { content: Buffer.alloc(0), executable: false };
    const header = { name: to.slice(1), mode: mode ?? (executable ? 0o755 : 0o644), uid: 0, gid: 0 };
    archive.entry({ ...header, mtime: new Date(0) }, content);
  }
  archive.finalize();
  const owners = recipe.files.flatMap(({ owner, to }) => (owner === undefined ? [] : [owner, to]));
  return [
    {
      kind: 'files',
      title: titleOf(`files: ${recipe.files.map(({ to }) => to).join(' ')}`),
      line: recipe.lines['files'],
      program: { script: PLACE_FILES, args: owners, stdin: await buffer(archive) },
    },
  ];
}

function commands({ commands: all, env }: Recipe): Draft[] {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return all.map(({ run, user = 'root', line }, index) => ({
    kind: 'command',
    title: titleOf(`command ${index + 1}/${all.length}: ${run.trim()}`),
    line,
    program: { script: RUN_COMMAND, args: [user, run, ...variables] },
  }));
}

/** Its first line, and not too much of that. */
function titleOf(text: string): string {
  const [first = ''] = text.split('\n');
  const short = first.length > MAX_TITLE ? first.slice(0, MAX_TITLE) : first;
  return short === text ? text : `${short}…`;
}
