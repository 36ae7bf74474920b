import { describe, expect, it } from 'vitest';
import { isKind } from '../core/errors/index.js';
import { ProcessFailedError } from '../core/process/index.js';
import { explainBuildFailure } from './image.errors.js';

const facts = {
  image: 'debian',
  step: 'installing packages',
  directory: '/var/lib/banger/images/.building-x',
};
const failed = (stderrTail: string) =>
  new ProcessFailedError({ file: 'mmdebstrap', args: [], exitCode: 1, signal: null, stderrTail });

describe('explainBuildFailure', () => {
  it('names the network when the mirrors cannot be reached', () => {
    const error = explainBuildFailure(
      failed(
        "Err:1 http://x bookworm\nE: Failed to fetch http://x  Could not resolve 'x'\nE: setup failed\n",
      ),
      facts,
    );
    expect(error).toMatchObject({
      kind: 'IMAGE_BUILD_FAILED',
      why: "E: Failed to fetch http://x  Could not resolve 'x'",
      fix: expect.stringContaining('package mirrors') as string,
      details: { image: 'debian', step: 'installing packages' },
    });
  });

  it('tells a full disk apart', () => {
    const error = explainBuildFailure(
      failed('tar: ./usr/bin/x: Cannot write: No space left on device\n'),
      facts,
    );
    expect(isKind(error, 'DISK_FULL') && error.details.path).toBe(facts.directory);
  });

  it('passes other errors through', () => {
    const other = new Error('x');
    expect(explainBuildFailure(other, facts)).toBe(other);
  });
});
