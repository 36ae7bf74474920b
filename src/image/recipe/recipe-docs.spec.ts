import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderRecipeDocs } from '../../../test/support/key-docs/render-recipe-docs.js';

const ROOT = join(import.meta.dirname, '../../..');

it('docs/recipes.md says what the table of keys says (sh scripts/generate-docs.sh writes it)', async () => {
  await expect(renderRecipeDocs()).toMatchFileSnapshot(join(ROOT, 'docs/recipes.md'));
});
