import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderProjectDocs } from '../../../test/support/key-docs/render-project-docs.js';

const ROOT = join(import.meta.dirname, '../../..');

it('docs/project-file.md says what the table of keys says (sh scripts/generate-docs.sh writes it)', async () => {
  await expect(renderProjectDocs()).toMatchFileSnapshot(join(ROOT, 'docs/project-file.md'));
});
