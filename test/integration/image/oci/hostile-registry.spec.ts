import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeRegistry } from './support/fake-registry.js';
import { OCI, sha256 } from './support/image-layout.js';
import type { Blob } from './support/image-layout.js';
import { PullBench, scratch } from './support/pull-bench.js';
import { ScriptedServer, serve } from './support/scripted-server.js';

async function open(): Promise<{ registry: FakeRegistry; bench: PullBench; layersDirectory: string }> {
  const directory = await scratch();
  const registry = await FakeRegistry.start();
  const layersDirectory = join(directory, 'state/cache/layers');
  return { registry, bench: await PullBench.open(directory), layersDirectory };
}

const refused = (part: string, reason: string): object => ({
  kind: 'IMAGE_CONTENT_REFUSED',
  details: { part, reason: expect.stringContaining(reason) as string },
});

describe('a registry that', () => {
  it('does as it should is pulled from', async () => {
    const { registry, bench } = await open();
    const image = await bench.pull(registry.image);
    expect(await Promise.all(image.layers.map(async ({ path }) => sha256(await readFile(path))))).toEqual(
      registry.layers.map(sha256),
    );
    image.release();
  });

  type Change = (registry: FakeRegistry) => Blob;
  const other = sha256(Buffer.from('other'));
  const layer = (changes: object): Change => {
    return (registry) => {
      const [first, second] = registry.layers.map((content) => registry.put(OCI.layer, content));
      return registry.manifest({ layers: [{ ...first, ...changes }, second] });
    };
  };
  it.each<[what: string, part: string, reason: string, change: Change]>([
    [
      'sends a manifest of before 2016',
      'manifest',
      'schema 1',
      (registry) =>
        registry.json('application/vnd.docker.distribution.manifest.v1+prettyjws', { schemaVersion: 1 }),
    ],
    [
      'sends a manifest that is not JSON',
      'manifest',
      'it is not JSON',
      (registry) => registry.put(OCI.manifest, Buffer.from('<html>')),
    ],
    [
      'sends a manifest without an end',
      'manifest',
      'larger than 4194304 bytes',
      (registry) => registry.put(OCI.manifest, Buffer.alloc(5_000_000, ' ')),
    ],
    [
      'sends a manifest that is an index too',
      'manifest',
      'an index and a manifest at once',
      (registry) => registry.manifest({ manifests: [] }),
    ],
    [
      'says another type than the manifest itself',
      'manifest',
      'itself that it is',
      (registry) => registry.manifest({ mediaType: OCI.index }),
    ],
    [
      'sends what is no container image',
      'manifest',
      'no image that can be run',
      (registry) =>
        registry.manifest({
          config: { ...registry.config(), mediaType: 'application/vnd.cncf.helm.config.v1+json' },
        }),
    ],
    [
      'sends a foreign layer',
      'manifest',
      'fetched elsewhere',
      layer({ mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' }),
    ],
    [
      'sends a layer of an unknown type',
      'manifest',
      'does not read',
      layer({ mediaType: `${OCI.layer}+xz` }),
    ],
    ['sends a layer with a bad digest', 'manifest', 'no sha256', layer({ digest: 'sha256:../../x' })],
    ['sends a layer with a bad size', 'manifest', '"size" is no whole number', layer({ size: -1 })],
    [
      'sends too many layers',
      'manifest',
      'more than 500 are refused',
      (registry) => registry.manifest({ layers: Array.from({ length: 501 }, () => ({})) }),
    ],
    [
      'sends too many platforms',
      'manifest',
      'more than 128 are refused',
      (registry) =>
        registry.json(OCI.index, { schemaVersion: 2, manifests: Array.from({ length: 129 }, () => ({})) }),
    ],
    [
      'sends a configuration of other layers',
      'configuration',
      'describes 1 layers',
      (registry) =>
        registry.manifest({ config: registry.config({ rootfs: { type: 'layers', diff_ids: [other] } }) }),
    ],
    [
      'gives a layer another size than it has',
      sha256(Buffer.from('layer')),
      'it has 5 bytes instead of 7',
      (registry) => {
        const small = { ...registry.put(OCI.layer, Buffer.from('layer')), size: 7 };
        const config = registry.config({ rootfs: { type: 'layers', diff_ids: [other] } });
        return registry.manifest({ config, layers: [small] });
      },
    ],
    [
      'has an index within an index',
      'manifest',
      'an index within an index',
      (registry) => {
        const platform = { os: 'linux', architecture: 'amd64' };
        const inner = registry.json(OCI.index, { schemaVersion: 2, manifests: [] });
        return registry.json(OCI.index, { schemaVersion: 2, manifests: [{ ...inner, platform }] });
      },
    ],
  ])('%s is refused', async (_, part, reason, change) => {
    const { registry, bench, layersDirectory } = await open();
    registry.tag('1', change(registry));
    await expect(bench.pull(registry.image)).rejects.toMatchObject(refused(part, reason));
    expect(existsSync(join(layersDirectory, other.replace(':', '-')))).toBe(false);
    expect((await bench.cache.list()).filter(({ held }) => held)).toEqual([]);
  });

  it.each(['manifest', 'configuration', 'layer'])(
    'sends another %s than was named is refused',
    async (what) => {
      const { registry, bench } = await open();
      const manifest = registry.manifest();
      const victim = {
        manifest,
        configuration: registry.config(),
        layer: registry.put(OCI.layer, registry.layers[0]),
      }[what] as Blob;
      const good = registry.contents.get(victim.digest)?.content ?? Buffer.alloc(0);
      const bad = Buffer.from(good);
      bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
      registry.contents.set(victim.digest, { content: bad, mediaType: victim.mediaType });
      const part = what === 'layer' ? victim.digest : what;
      await expect(bench.pull(`${registry.name}/team/base@${manifest.digest}`)).rejects.toMatchObject(
        refused(part, `checksum`),
      );
      expect((await bench.cache.list()).map(({ digest }) => digest)).not.toContain(
        what === 'layer' ? victim.digest : '',
      );
    },
  );

  it.each([
    [403, { kind: 'REGISTRY_DENIED' }],
    [404, { kind: 'IMAGE_NOT_IN_REGISTRY' }],
    [429, { kind: 'REGISTRY_BUSY', details: { retryAfterSeconds: 60 } }],
    [500, { kind: 'REGISTRY_FAILED' }],
    [418, { kind: 'REGISTRY_FAILED' }],
    [401, { kind: 'REGISTRY_FAILED' }],
  ])('answers %i is named with it, be it for the manifest or a layer', async (status, error) => {
    for (const where of ['/manifests/', '/blobs/']) {
      const { registry, bench } = await open();
      registry.hook = ({ path }, response) => {
        if (!path.includes(where)) return false;
        response.writeHead(status).end();
        return true;
      };
      const named =
        'kind' in error && error.kind === 'IMAGE_NOT_IN_REGISTRY' ? {} : { registry: registry.name };
      await expect(bench.pull(registry.image)).rejects.toMatchObject({
        ...error,
        details: { ...('details' in error ? error.details : {}), ...named },
      });
    }
  });

  it('keeps its layers elsewhere does not get its token sent there', async () => {
    const { registry, bench } = await open();
    const storage = await ScriptedServer.start((request, response) => {
      serve(registry.contents.get(request.path.slice(1))?.content ?? Buffer.alloc(0), request, response);
    }, '127.0.0.2');
    registry.hook = ({ path, headers }, response) => {
      if (path.startsWith('/token')) response.end(JSON.stringify({ token: 'tok' }));
      else if (headers.authorization !== 'Bearer tok')
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${registry.server.url}/token"` }).end();
      else if (path.includes('/blobs/'))
        response.writeHead(307, { location: `${storage.url}/${path.split('/').at(-1)}` }).end();
      else return false;
      return true;
    };
    (await bench.pull(registry.image)).release();
    expect(storage.seen).toHaveLength(3);
    expect(storage.seen.filter(({ headers }) => 'authorization' in headers)).toEqual([]);
  });
});
