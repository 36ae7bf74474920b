import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderConfigDocs } from '../../../test/support/key-docs/render-config-docs.js';

const ROOT = join(import.meta.dirname, '../../..');

it('docs/configuration.md says what the table of keys says (sh scripts/generate-docs.sh writes it)', async () => {
  await expect(renderConfigDocs()).toMatchFileSnapshot(join(ROOT, 'docs/configuration.md'));
});
