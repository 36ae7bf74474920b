import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeRegistry } from './support/fake-registry.js';
import { PullBench, scratch } from './support/pull-bench.js';
import { ScriptedServer } from './support/scripted-server.js';

describe('a mirror', () => {
  async function open(): Promise<{ registry: FakeRegistry; mirror: FakeRegistry; bench: PullBench }> {
    const home = await scratch();
    const registry = await FakeRegistry.start();
    const mirror = await FakeRegistry.start('127.0.0.2', registry.layers);
    await mkdir(join(home, '.docker'));
    const auth = Buffer.from('ada:s3cret').toString('base64');
    await writeFile(
      join(home, '.docker/config.json'),
      JSON.stringify({ auths: { [registry.name]: { auth } } }),
    );
    const mirrors = { [registry.name]: [`${mirror.server.url}/proxy`] };
    return { registry, mirror, bench: await PullBench.open(home, { home, registries: { mirrors } }) };
  }

  it('that has the image is all that is asked, under the path before its own', async () => {
    const { registry, mirror, bench } = await open();
    (await bench.pull(registry.image)).release();
    expect(registry.server.seen).toEqual([]);
    expect(mirror.server.seen[0]?.path).toBe('/v2/proxy/team/base/manifests/1');
  });

  it.each([404, 403, 429, 500])('that answers %i is passed over', async (status) => {
    const { registry, mirror, bench } = await open();
    mirror.hook = (_, response) => {
      response.writeHead(status).end();
      return true;
    };
    (await bench.pull(registry.image)).release();
    expect(mirror.server.seen.length).toBeGreaterThan(0);
  });

  it('that serves a wrong layer is passed over, and what it served is not kept', async () => {
    const { registry, mirror, bench } = await open();
    mirror.hook = ({ path }, response) => {
      if (!path.includes('/blobs/')) return false;
      response.end('wrong');
      return true;
    };
    const image = await bench.pull(registry.image);
    expect((await readFile(image.layers[0]?.path ?? '')).equals(registry.layers[0])).toBe(true);
  });

  it('that wants a login does not get that of the registry', async () => {
    const { registry, mirror, bench } = await open();
    mirror.hook = (_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    };
    (await bench.pull(registry.image)).release();
    expect(mirror.server.seen.filter(({ headers }) => 'authorization' in headers)).toEqual([]);
  });
});

describe('plain http', () => {
  it('is spoken to a registry that is named insecure and speaks no TLS, and to no other', async () => {
    // whatever is not on the loopback goes through this, and it knows no tunnels
    const registry = await FakeRegistry.start();
    vi.stubEnv('http_proxy', registry.server.url);
    vi.stubEnv('https_proxy', registry.server.url);
    onTestFinished(() => void vi.unstubAllEnvs());
    const directory = await scratch();
    const insecure = await PullBench.open(directory, { registries: { insecure: ['registry.example'] } });
    (await insecure.pull('registry.example/team/base:1')).release();
    const seen = registry.server.seen.length;
    expect(registry.server.seen[0]?.path).toBe('http://registry.example/v2/team/base/manifests/1');
    await expect(insecure.pull('other.example/team/base:1')).rejects.toMatchObject({
      kind: 'REGISTRY_FAILED',
    });
    expect(registry.server.seen).toHaveLength(seen);
  });

  it('is not spoken to a registry on the loopback that speaks TLS with a certificate nobody knows', async () => {
    const directory = await scratch();
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=localhost',
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    const server = createServer({ key: await readFile(key), cert: await readFile(cert) });
    let asked = 0;
    server.on('request', () => (asked += 1)).on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const name = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const bench = await PullBench.open(directory);
    await expect(bench.pull(`${name}/team/base:1`)).rejects.toMatchObject({
      kind: 'REGISTRY_FAILED',
      fix: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
      details: { registry: name, reason: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') as string },
    });
    expect(asked).toBe(0);
  });

  it('that nobody speaks is named with what to check', async () => {
    const dead = await ScriptedServer.start(() => undefined);
    const { host } = dead;
    await dead.stop();
    const bench = await PullBench.open(await scratch());
    await expect(bench.pull(`${host}/team/base:1`)).rejects.toMatchObject({
      kind: 'REGISTRY_FAILED',
      fix: expect.stringContaining('check the address') as string,
    });
  });
});
