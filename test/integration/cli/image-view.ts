import type { ImageDetails } from '../../../src/contract/index.js';

const TWO_HOURS_AGO = new Date(Date.now() - 7_205_000).toISOString();

/** An image that was pulled. */
export function imageView(changes: Partial<ImageDetails> = {}): ImageDetails {
  return {
    id: 'img_1',
    name: 'web:1',
    digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
    source: { kind: 'pull', reference: 'docker.io/library/web:1', digest: 'sha256:fedc' },
    recipeDigest: 'd',
    distribution: 'Debian 12',
    kernelVersion: '6.1',
    diskBytes: 8 << 20,
    allocatedBytes: 400 << 20,
    sharedBytes: 30 << 20,
    createdAt: TWO_HOURS_AGO,
    usedBy: ['box'],
    templates: [],
    ...changes,
  };
}
