import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerRegistry } from '../../integration/image/oci/support/docker-registry.js';
import { ImageLayout } from '../../integration/image/oci/support/image-layout.js';
import { alpineTree } from '../../integration/image/provisioning/alpine-tree.js';
import type { ChaosHost } from './chaos-host.js';
import { MadeImage } from './made-image.js';

const NAME = 'pulled';

/** An image that is pulled from a registry of the run's own. */
export class ChaosPull extends MadeImage {
  private constructor(
    chaos: ChaosHost,
    private readonly directory: string,
    private readonly registry: DockerRegistry,
  ) {
    super(chaos, NAME, ['image', 'pull', `${registry.name}/team/alpine:1`, '--name', NAME], {
      view: { distribution: 'Alpine Linux v3.22', source: { kind: 'pull' } },
      file: ['/etc/os-release', 'Alpine Linux v3.22'],
    });
  }

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

  async close(): Promise<void> {
    await this.registry.stop();
    rmSync(this.directory, { recursive: true });
  }
}
