import { parseToml, readKeys } from '../../core/toml/index.js';
import type { FoundValue, KeySpec, TomlIssue } from '../../core/toml/index.js';
import { MAX_RECIPE_BYTES, RECIPE_KEYS } from './recipe-keys.js';
import { RecipeInvalidError } from './recipe.errors.js';
import type { PlacedFile, Recipe, RecipeCommand } from './recipe.types.js';

type Keys = typeof RECIPE_KEYS;
type Values = { readonly [K in keyof Keys]?: Keys[K] extends KeySpec<infer T> ? T : never };
type Place = (...path: (string | number)[]) => { readonly line: number; readonly column: number } | undefined;

/** @param file as messages call it @throws RecipeInvalidError with everything that is wrong */
export async function parseRecipe(file: string, content: string): Promise<Recipe> {
  if (Buffer.byteLength(content) > MAX_RECIPE_BYTES)
    throw new RecipeInvalidError(file, [{ message: `is larger than ${MAX_RECIPE_BYTES / 1024} KiB` }]);
  const parsed = await parseToml(content);
  if ('issue' in parsed) throw new RecipeInvalidError(file, [parsed.issue]);
  const { values: found, issues } = readKeys(Object.values(RECIPE_KEYS), parsed.document);
  const place: Place = (...path) => parsed.document.places.place(path);
  const values = valuesOf(found);
  const all = [...issues, ...contradictions(values, place)];
  if (all.length > 0) throw new RecipeInvalidError(file, all);
  const { base: suite, image, packages = [], services = [], env = {}, diskBytes } = values;
  const commands = (values.commands ?? []).map((command, index): RecipeCommand => ({
    ...command,
    line: place('commands', index)?.line,
  }));
  return {
    file,
    base: image === undefined ? { suite } : { image },
    packages: [...new Set(packages)],
    users: usersOf(values),
    files: (values.files ?? []).map(placed),
    commands,
    services: [...new Set(services)],
    env,
    diskBytes,
    lines: linesOf(found),
  };
}

function valuesOf(found: ReadonlyMap<string, FoundValue>): Values {
  return Object.fromEntries(
    Object.entries(RECIPE_KEYS).flatMap(([name, { key }]) => {
      const value = found.get(key);
      return value === undefined ? [] : [[name, value.value]];
    }),
  );
}

function linesOf(found: ReadonlyMap<string, FoundValue>): Record<string, number> {
  return Object.fromEntries(
    [...found].flatMap(([key, { place }]) => (place === undefined ? [] : [[key, place.line]])),
  );
}

/** What each key for itself cannot know. */
function contradictions(values: Values, place: Place): TomlIssue[] {
  const issues: TomlIssue[] = [];
  if (values.base !== undefined && values.image !== undefined)
    issues.push({
      key: 'image',
      message: 'cannot stand beside base: one of them is what the image is made of',
      ...place('image'),
    });
  if (values.user === 'root')
    issues.push({ key: 'user', message: 'cannot be root, who is there anyway', ...place('user') });
  const taken = new Map<string, number>();
  for (const [index, file] of (values.files ?? []).entries()) {
    const { to } = placed(file);
    const before = taken.get(to);
    if (before !== undefined)
      issues.push({
        key: `files[${index}].to`,
        message: `is where files[${before}] comes to lie already`,
        ...place('files', index),
      });
    taken.set(to, index);
  }
  return issues;
}

/** `to` with the file's own name where it names a directory. */
function placed(file: PlacedFile): PlacedFile {
  const name = file.from.split('/').at(-1) ?? '';
  return file.to.endsWith('/') ? { ...file, to: `${file.to}${name}` } : file;
}

function usersOf({ user, commands = [] }: Values): string[] {
  const named = [user, ...commands.map((command) => command.user)];
  return [...new Set(named.filter((name) => name !== undefined && name !== 'root'))] as string[];
}
