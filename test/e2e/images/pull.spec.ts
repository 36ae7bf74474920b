import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImageDetails } from '../../../src/contract/index.js';
import { DockerRegistry } from '../../integration/image/oci/support/docker-registry.js';
import { ImageLayout } from '../../integration/image/oci/support/image-layout.js';
import { makeForeignRepository } from '../../support/foreign-repository.js';
import { TestHost } from '../../support/test-host.js';

/** What a container of Debian has: no init, no SSH, no kernel. */
function debianRoot(directory: string): Buffer {
  const path = join(directory, 'root.tar');
  const options = ['--variant=minbase', '--mode=root', '--aptopt=APT::Install-Recommends "false"'];
  execFileSync('mmdebstrap', [...options, 'bookworm', path], { stdio: 'ignore' });
  return readFileSync(path);
}

/** A tree that has nothing but files: `FROM scratch`. */
function bareRoot(directory: string): Buffer {
  mkdirSync(join(directory, 'bare/etc'), { recursive: true });
  return execFileSync('tar', ['-C', join(directory, 'bare'), '-c', '.']);
}

describe('pulled images', () => {
  let directory: string;
  let registry: DockerRegistry;
  let host: TestHost;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bgr-pull-'));
    registry = await DockerRegistry.start(directory);
    const layout = new ImageLayout(join(directory, 'layout'));
    const push = async (tar: Buffer, name: string): Promise<void> =>
      registry.push(layout.tag(layout.image([{ tar, compression: 'gzip' }]), name.replace(/\W/g, '-')), name);
    await push(debianRoot(directory), 'library/debian:12');
    await push(bareRoot(directory), 'team/bare:1');
  });
  afterAll(async () => {
    await registry.stop();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    host = await TestHost.create();
  });
  afterEach(async () => {
    await host.assertClean();
    await host.close();
  });

  const images = (): string[] => readdirSync(join(host.stateDirectory, 'images'));

  it('boot, with a repository inside, and what they say of themselves holds', async () => {
    const reference = `${registry.name}/library/debian:12`;
    const pull = await host.banger(['image', 'pull', reference], { timeoutMs: 600_000 });
    expect(pull, pull.stderr).toMatchObject({ exitCode: 0, stdout: 'debian:12\n' });
    const [kernel] = host.rows<{ name: string }>('SELECT name FROM Kernel');
    const image = await host.json<ImageDetails>(['image', 'show', 'debian:12']);
    expect(image).toMatchObject({
      distribution: expect.stringContaining('Debian GNU/Linux 12'),
      kernel: kernel?.name,
      source: { kind: 'pull', reference, digest: expect.stringMatching(/^sha256:/) },
      digest: expect.stringMatching(/^sha256:/),
      metadata: { user: 'ada', workdir: '/srv', cmd: ['/bin/sh'], env: { PATH: expect.any(String) } },
    });
    expect(image.sharedBytes, 'its kernel is that of the other image').toBeGreaterThan(20_000_000);

    const repository = makeForeignRepository(join(directory, 'project'));
    const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repository, encoding: 'utf8' });
    const script = 'git rev-parse HEAD; systemctl is-system-running --wait; uname -r; modprobe overlay';
    const args = ['vm', 'run', '--name', 'web', '--image', 'debian:12', '--memory', '512m', repository];
    const run = await host.banger([...args, '--', 'sh', '-c', script]);
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toBe(`${head}running\n${image.kernelVersion}\n`);

    const before = registry.requests('blobs').length;
    const again = await host.banger(['image', 'pull', reference]);
    expect(again.stderr).toContain('the image is up to date');
    expect(registry.requests('blobs').length - before, 'its configuration alone').toBeLessThanOrEqual(1);
    expect((await host.json<ImageDetails>(['image', 'show', 'debian:12'])).id).toBe(image.id);

    const refused = await host.banger(['image', 'delete', 'debian:12']);
    expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('web') });
    expect(await host.banger(['vm', 'delete', '--force', 'web'])).toMatchObject({ exitCode: 0 });
    expect(await host.banger(['image', 'delete', 'debian:12'])).toMatchObject({ exitCode: 0 });
    expect(images()).not.toContain(image.id);
  });

  it('that are no system of a distribution are refused, and leave nothing', async () => {
    const before = images();
    const pull = await host.banger(['image', 'pull', `${registry.name}/team/bare:1`]);
    expect(pull.exitCode).toBe(10);
    expect(pull.stderr).toContain('it has no shell');
    expect(images()).toEqual(before);
  });

  it('take no name of an image of another origin, unless told to', async () => {
    const pull = await host.banger(['image', 'pull', '--name', 'debian', `${registry.name}/team/bare:1`]);
    expect(pull).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('there is an image "debian" already'),
    });
  });
});
