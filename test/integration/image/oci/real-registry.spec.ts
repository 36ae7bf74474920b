import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isKind } from '../../../../src/core/errors/index.js';
import { processesMentioning } from '../../../support/processes.js';
import { DockerRegistry, PASSWORD, USER } from './support/docker-registry.js';
import { ImageLayout, OCI, sha256, tarOf } from './support/image-layout.js';
import type { Blob } from './support/image-layout.js';
import { PullBench, scratch } from './support/pull-bench.js';

const LAYERS = [
  { tar: tarOf('plain', Buffer.from('plain')), compression: 'none' },
  { tar: tarOf('gzip', Buffer.alloc(3_000_000, 'gzip')), compression: 'gzip' },
  { tar: tarOf('zstd', Buffer.alloc(3_000_000, 'zstd')), compression: 'zstd' },
  // twice the same: one download
  { tar: tarOf('plain', Buffer.from('plain')), compression: 'none' },
] as const;

let directory: string;
let open: DockerRegistry;
let closed: DockerRegistry;
let image: Blob;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-registry-'));
  await mkdir(join(directory, 'open'));
  await mkdir(join(directory, 'closed'));
  open = await DockerRegistry.start(join(directory, 'open'));
  closed = await DockerRegistry.start(join(directory, 'closed'), { login: true });
  const layout = new ImageLayout(join(directory, 'layout'));
  image = layout.image(LAYERS);
  const arm = layout.image([LAYERS[0]], { architecture: 'arm64' });
  const index = (entries: object[]): Blob =>
    layout.json(OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests: entries });
  const many = index([
    { ...arm, platform: { os: 'unknown', architecture: 'unknown' } },
    { ...arm, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    { ...image, platform: { os: 'linux', architecture: 'amd64' } },
  ]);
  await open.push(layout.tag(image, 'one'), 'team/base:1');
  await open.push(layout.tag(many, 'many'), 'team/base:many');
  await open.push(layout.tag(arm, 'arm'), 'team/base:arm');
  const armIndex = index([{ ...arm, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }]);
  await open.push(layout.tag(armIndex, 'arm-index'), 'team/base:arm-index');
  await closed.push(layout.tag(image, 'closed'), 'secret:1');
});

afterAll(async () => {
  await open.stop();
  await closed.stop();
  expect(await processesMentioning(directory)).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

describe('images of a real registry', () => {
  it('are pulled with all layers, whatever they are packed with, verified and in order', async () => {
    const bench = await PullBench.open(await scratch());
    const progress: [number, number][] = [];
    const pulled = await bench.pull(`${open.name}/team/base:1`, {
      onProgress: ({ doneBytes, totalBytes }) => progress.push([doneBytes, totalBytes]),
    });
    expect(pulled.manifestDigest).toBe(image.digest);
    expect(pulled.layers.map(({ compression, diffId }) => [compression, diffId])).toEqual(
      LAYERS.map(({ compression, tar }) => [compression, sha256(tar)]),
    );
    for (const { path, digest, sizeBytes } of pulled.layers) {
      const content = await readFile(path);
      expect([sha256(content), content.length]).toEqual([digest, sizeBytes]);
    }
    expect(pulled.config).toEqual({
      architecture: 'amd64',
      os: 'linux',
      env: ['PATH=/usr/bin:/bin'],
      user: 'ada',
      workdir: '/srv',
      entrypoint: [],
      cmd: ['/bin/sh'],
      labels: {},
      diffIds: LAYERS.map(({ tar }) => sha256(tar)),
      created: '2026-01-02T03:04:05Z',
    });
    const total = new Set(pulled.layers.map(({ digest }) => digest)).size;
    expect(total).toBe(3);
    const [doneBytes, totalBytes] = progress.at(-1) ?? [];
    expect(doneBytes).toBe(totalBytes);
    expect(await readdir(join(bench.config.values.stateDirectory, 'cache/layers'))).toHaveLength(3);
  });

  it('are found by digest, by an index of platforms, and by both tag and digest', async () => {
    const bench = await PullBench.open(await scratch());
    for (const name of [`base@${image.digest}`, 'base:many', `base:many@${image.digest}`]) {
      const pulled = await bench.pull(`${open.name}/team/${name}`);
      expect([name, pulled.manifestDigest]).toEqual([name, image.digest]);
      pulled.release();
    }
  });

  it('are downloaded no second time', async () => {
    const bench = await PullBench.open(await scratch());
    // the registry writes its log a moment later, but in order
    const asked = async (): Promise<number> => {
      const fence = `team/none/manifests/${randomUUID()}`;
      await fetch(`http://${open.name}/v2/${fence}`);
      await vi.waitFor(() => expect(open.requests(fence)).not.toEqual([]));
      return open.requests('GET').filter((line) => line.includes('/blobs/')).length;
    };
    const before = await asked();
    (await bench.pull(`${open.name}/team/base:1`)).release();
    const first = await asked();
    (await bench.pull(`${open.name}/team/base:1`)).release();
    // three layers and the configuration, then that alone
    expect([first - before, (await asked()) - first]).toEqual([4, 1]);
  });

  it('that are not made for the guests are refused with the platforms that there are', async () => {
    const bench = await PullBench.open(await scratch());
    for (const [tag, available] of [
      ['arm', ['linux/arm64']],
      ['arm-index', ['linux/arm64/v8']],
    ] as const)
      await expect(bench.pull(`${open.name}/team/base:${tag}`)).rejects.toMatchObject({
        kind: 'IMAGE_PLATFORM_MISSING',
        details: { platform: 'linux/amd64', available },
      });
  });

  it('that are not there are named in the error', async () => {
    const bench = await PullBench.open(await scratch());
    for (const name of ['team/base:none', 'team/none:1', `team/base@sha256:${'0'.repeat(64)}`])
      await expect(bench.pull(`${open.name}/${name}`)).rejects.toMatchObject({
        kind: 'IMAGE_NOT_IN_REGISTRY',
        details: { reference: `${open.name}/${name}` },
      });
  });
});

describe('a registry that wants a login', () => {
  async function bench(home: string, files: Record<string, object | string>): Promise<PullBench> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(home, name, '..'), { recursive: true });
      await writeFile(join(home, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return PullBench.open(home, { home });
  }
  const auth = (password: string): object => ({
    auth: Buffer.from(`${USER}:${password}`).toString('base64'),
  });

  it('denies who has none, and the error says how to log in', async () => {
    const tries = await bench(await scratch(), {});
    const failure: unknown = await tries.pull(`${closed.name}/secret:1`).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'REGISTRY_DENIED', details: { registry: closed.name } });
    expect(isKind(failure, 'REGISTRY_DENIED') && failure.fix).toContain(`docker login ${closed.name}`);
  });

  it.each([
    ['.docker/config.json', "Docker's"],
    ['run/containers/auth.json', "Podman's"],
    ['.config/containers/auth.json', "Podman's lasting"],
  ])('takes the login in %s (%s file)', async (name) => {
    const tries = await bench(await scratch(), { [name]: { auths: { [closed.name]: auth(PASSWORD) } } });
    const pulled = await tries.pull(`${closed.name}/secret:1`);
    expect(pulled.layers).toHaveLength(4);
    pulled.release();
  });

  it('takes the login that skopeo has written', async () => {
    const home = await scratch();
    const file = join(home, 'run/containers/auth.json');
    await mkdir(join(file, '..'), { recursive: true });
    execFileSync(
      'skopeo',
      ['login', '--authfile', file, '-u', USER, '--password-stdin', '--tls-verify=false', closed.name],
      {
        input: PASSWORD,
      },
    );
    const tries = await bench(home, {});
    (await tries.pull(`${closed.name}/secret:1`)).release();
  });

  it('refuses a wrong password, which no error repeats', async () => {
    const tries = await bench(await scratch(), {
      '.docker/config.json': { auths: { [closed.name]: auth('wrong-horse') } },
    });
    const failure: unknown = await tries.pull(`${closed.name}/secret:1`).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'REGISTRY_DENIED' });
    const said = inspect(failure, { depth: null, showHidden: true });
    expect(said).not.toMatch(/wrong-horse|d3JvbmctaG9yc2U|YWRhOndyb25n/);
  });

  it('takes the login of a credential helper, which gets the registry on its stdin and nothing in its arguments', async () => {
    const home = await scratch();
    const told = join(home, 'told');
    const helper = join(home, 'bin', 'docker-credential-test');
    await mkdir(join(home, 'bin'));
    await writeFile(
      helper,
      `#!/bin/sh\n{ echo "$@"; cat; } >${told}\nprintf '%s' '${JSON.stringify({ ServerURL: '', Username: USER, Secret: PASSWORD })}'\n`,
    );
    await chmod(helper, 0o755);
    vi.stubEnv('PATH', `${join(home, 'bin')}${delimiter}${process.env['PATH']}`);
    const tries = await bench(home, { '.docker/config.json': { credHelpers: { [closed.name]: 'test' } } });
    (await tries.pull(`${closed.name}/secret:1`)).release();
    expect(await readFile(told, 'utf8')).toBe(`get\n${closed.name}`);
  });

  it.each([
    ['is not installed', undefined],
    ['failed with exit status 3', '#!/bin/sh\necho the-secret; echo the-secret >&2; exit 3\n'],
    ['gave no answer that can be read', '#!/bin/sh\necho the-secret\n'],
    ['gave no answer that can be read', '#!/bin/sh\nexec cat /dev/zero\n'],
  ])('names a credential helper that %s, without what it printed', async (problem, script) => {
    const home = await scratch();
    await mkdir(join(home, 'bin'));
    if (script !== undefined) {
      await writeFile(join(home, 'bin', 'docker-credential-test'), script);
      await chmod(join(home, 'bin', 'docker-credential-test'), 0o755);
    }
    vi.stubEnv('PATH', `${join(home, 'bin')}${delimiter}${process.env['PATH']}`);
    const tries = await bench(home, { '.docker/config.json': { credsStore: 'test' } });
    const failure: unknown = await tries.pull(`${closed.name}/secret:1`).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'REGISTRY_DENIED' });
    const said = inspect(failure, { depth: null, showHidden: true });
    expect(said).toContain(`docker-credential-test ${problem}`);
    expect(said).not.toContain('the-secret');
  });
});
