import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ImageView } from '../../../src/contract/index.js';
import { DockerRegistry } from '../../integration/image/oci/support/docker-registry.js';
import { ImageLayout } from '../../integration/image/oci/support/image-layout.js';
import { alpineTree } from '../../integration/image/provisioning/alpine-tree.js';
import type { ChaosHost } from './chaos-host.js';
import type { Subject } from './interrupt.js';

export type PullOutcome = 'absent' | 'whole';

const NAME = 'pulled';

/** An image that is pulled from a registry of the run's own. */
export class ChaosPull implements Subject<PullOutcome> {
  private constructor(
    private readonly chaos: ChaosHost,
    private readonly directory: string,
    private readonly registry: DockerRegistry,
  ) {}

  static async start(chaos: ChaosHost): Promise<ChaosPull> {
    const directory = mkdtempSync(join(tmpdir(), 'bgr-chaos-pull-'));
    const registry = await DockerRegistry.start(directory);
    const tree = join(directory, 'tree');
    alpineTree(tree);
    const tar = execFileSync('tar', ['-C', tree, '--numeric-owner', '-c', '.'], { maxBuffer: 2 ** 30 });
    const layout = new ImageLayout(join(directory, 'layout'));
    await registry.push(layout.tag(layout.image([{ tar, compression: 'gzip' }]), 'alpine'), 'team/alpine:1');
    return new ChaosPull(chaos, directory, registry);
  }

  get command(): string[] {
    return ['image', 'pull', `${this.registry.name}/team/alpine:1`, '--name', NAME];
  }

  async bring(to: PullOutcome): Promise<void> {
    const isThere = (await this.#find()) !== undefined;
    if (to === 'absent' && isThere) await this.#succeed(['image', 'delete', NAME]);
    if (to === 'whole' && !isThere) await this.#succeed(this.command);
  }

  /** A whole one has file systems that are. */
  async outcome(): Promise<PullOutcome> {
    const image = await this.#find();
    if (image === undefined) return 'absent';
    const directory = join(this.chaos.host.stateDirectory, 'images', image.id);
    for (const disk of ['root.ext4', 'work.ext4'])
      execFileSync('e2fsck', ['-fn', join(directory, disk)], { stdio: 'pipe' });
    expect(image).toMatchObject({ distribution: 'Alpine Linux v3.22', source: { kind: 'pull' } });
    return 'whole';
  }

  async close(): Promise<void> {
    await this.registry.stop();
    rmSync(this.directory, { recursive: true });
  }

  async #find(): Promise<ImageView | undefined> {
    return (await this.chaos.json<ImageView[]>(['image', 'list'])).find(({ name }) => name === NAME);
  }

  async #succeed(args: readonly string[]): Promise<void> {
    expect(await this.chaos.banger(args), `banger ${args.join(' ')}`).toMatchObject({ exitCode: 0 });
  }
}
