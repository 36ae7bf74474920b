import { join } from 'node:path';
import { expect, it } from 'vitest';
import { METHODS } from '../../contract/index.js';
import { readFieldComments } from '../../../test/support/rpc-docs/field-comments.js';
import { renderRpcDocs } from '../../../test/support/rpc-docs/render-rpc-docs.js';
import { describeMethods } from './open-rpc.js';

const ROOT = join(import.meta.dirname, '../../..');

it('docs/rpc.md says what the method table says (sh scripts/generate-docs.sh writes it)', async () => {
  const comments = readFieldComments(join(ROOT, 'src/contract'));
  await expect(renderRpcDocs(describeMethods(METHODS), comments)).toMatchFileSnapshot(
    join(ROOT, 'docs/rpc.md'),
  );
});
