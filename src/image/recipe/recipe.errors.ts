import type { FileIssue } from '../../contract/index.js';
import { BangerError } from '../../core/errors/index.js';

/** A recipe says what banger cannot follow; every issue is told, with its line. */
export class RecipeInvalidError extends BangerError<'IMAGE_RECIPE_INVALID'> {
  constructor(recipe: string, issues: readonly FileIssue[]) {
    super('IMAGE_RECIPE_INVALID', `the recipe ${recipe} has errors`, {
      details: { recipe, problems: issues.map((issue) => problemOf(recipe, issue)) },
      fix: 'correct the recipe; docs/recipes.md says what each key means',
    });
  }
}

export class ReadyRecipeMissingError extends BangerError<'IMAGE_RECIPE_INVALID'> {
  constructor(recipe: string, available: readonly string[]) {
    const problem = `there is no ready recipe "${recipe}"; there are: ${available.join(', ')}`;
    super('IMAGE_RECIPE_INVALID', `there is no recipe "${recipe}"`, {
      details: { recipe, problems: [problem] },
      fix: `name one of these, or a file of your own: banger image build --recipe ./${recipe}.toml`,
    });
  }
}

/** `web.toml:3:1: packages must be …`, in the form that editors and terminals make a link of. */
function problemOf(file: string, { line, column, key, message, suggestion }: FileIssue): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const subject = key === undefined ? '' : `${key} `;
  return `${place}: ${subject}${message}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`;
}
