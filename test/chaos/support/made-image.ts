import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ImageDetails } from '../../../src/contract/index.js';
import { NodeProcessRunner } from '../../../src/core/process/index.js';
import { sparseDigest } from '../../../src/host/index.js';
import { imageDigest } from '../../../src/image/metadata/image-digest.js';
import type { ImageDigestFacts } from '../../../src/image/metadata/image-digest.js';
import type { ChaosHost } from './chaos-host.js';
import { Made } from './made.js';

export interface ImageExpectation {
  /** of `image show` */
  readonly view: object;
  /** a file of its root file system, and what is in it */
  readonly file: readonly [path: string, content: string];
}

/** An image: a whole one has sound file systems, what it was made of, and the digest that it is known by. */
export class MadeImage extends Made<ImageDetails> {
  constructor(
    chaos: ChaosHost,
    name: string,
    command: readonly string[],
    private readonly expected: ImageExpectation,
  ) {
    super(chaos, 'image', name, command);
  }

  protected override async check({ id }: ImageDetails): Promise<void> {
    const view = await this.chaos.json<ImageDetails>(['image', 'show', this.name]);
    expect(view).toMatchObject(this.expected.view);
    const directory = join(this.chaos.host.stateDirectory, 'images', id);
    for (const disk of ['root.ext4', 'work.ext4'])
      execFileSync('e2fsck', ['-fn', join(directory, disk)], { stdio: 'pipe' });
    const [path, content] = this.expected.file;
    const args = ['-R', `cat ${path}`, join(directory, 'root.ext4')];
    expect(execFileSync('debugfs', args, { encoding: 'utf8', stdio: 'pipe' })).toContain(content);
    expect(await digestOf(directory)).toBe(view.digest);
  }
}

/** Of the files as they are, not as its manifest says. */
async function digestOf(directory: string): Promise<string> {
  const facts = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as ImageDigestFacts;
  const runner = new NodeProcessRunner();
  const files = await Promise.all(
    facts.files.map(async (file) => ({
      ...file,
      digest: await sparseDigest(join(directory, file.name), runner),
    })),
  );
  return imageDigest({ ...facts, files });
}
