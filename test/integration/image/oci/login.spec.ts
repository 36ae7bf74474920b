import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { FakeRegistry } from './support/fake-registry.js';
import { sha256 } from './support/image-layout.js';
import { PullBench, scratch } from './support/pull-bench.js';
import { ScriptedServer } from './support/scripted-server.js';

const BASIC = `Basic ${Buffer.from('ada:s3cret').toString('base64')}`;

interface Bench {
  readonly registry: FakeRegistry;
  readonly bench: PullBench;
}

/** @param entry what Docker's file has for the registry @param realm instead of the registry's own */
async function open(
  entry?: object,
  options: { realm?: string; host?: string; mirrorOf?: string } = {},
): Promise<Bench> {
  const home = await scratch();
  const registry = await FakeRegistry.start(options.host);
  await mkdir(join(home, '.docker'));
  const auths = entry === undefined ? {} : { [registry.name]: entry };
  await writeFile(join(home, '.docker/config.json'), JSON.stringify({ auths }));
  const realm = options.realm ?? `${registry.server.url}/token?kept=1`;
  const challenge = `Bearer realm="${realm}",service="the, service",scope="repository:other:push"`;
  let tokens = 0;
  registry.hook = ({ path, headers }, response) => {
    if (path.startsWith('/token')) {
      tokens += 1;
      response.end(JSON.stringify({ access_token: `tok-${tokens}` }));
    } else if (headers.authorization !== `Bearer tok-${tokens}` || tokens === 0)
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    else return false;
    return true;
  };
  return { registry, bench: await PullBench.open(home, { home }) };
}

const tokenRequests = ({ registry }: Bench): FakeRegistry['server']['seen'] =>
  registry.server.seen.filter(({ path }) => path.startsWith('/token'));

describe('a token', () => {
  it('is asked for with the stored password, for reading this image alone, once per pull', async () => {
    const opened = await open({ auth: BASIC.slice('Basic '.length) });
    (await opened.bench.pull(opened.registry.image)).release();
    const asked = tokenRequests(opened);
    expect(asked.map(({ method, headers }) => [method, headers.authorization])).toEqual([['GET', BASIC]]);
    const query = new URL(asked[0]?.path ?? '', 'http://x').searchParams;
    expect(Object.fromEntries(query)).toEqual({
      kept: '1',
      service: 'the, service',
      scope: 'repository:team/base:pull',
      client_id: 'banger',
    });
  });

  it('is asked for without a password by who has none', async () => {
    const opened = await open();
    (await opened.bench.pull(opened.registry.image)).release();
    expect(tokenRequests(opened).map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('is asked for with an identity token in the body of a POST', async () => {
    const opened = await open({ auth: 'eDo=', identitytoken: 'id&tok' });
    (await opened.bench.pull(opened.registry.image)).release();
    const [asked] = tokenRequests(opened);
    expect([asked?.method, asked?.headers.authorization]).toEqual(['POST', undefined]);
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'id&tok',
      client_id: 'banger',
      service: 'the, service',
      scope: 'repository:team/base:pull',
    });
  });

  it.each([
    ['before anybody has a new one', 'together'],
    ['when another layer has brought a new one', 'afterwards'],
  ])('that has run out is asked for again, once for all layers: they learn it %s', async (_, order) => {
    const opened = await open();
    const { registry } = opened;
    const login = registry.hook;
    const layers = registry.layers.map(sha256);
    const denials: (() => void)[] = [];
    registry.hook = (request, response) => {
      const isLayer = layers.some((digest) => request.path.endsWith(digest));
      const accepted = request.headers.authorization !== 'Bearer tok-1';
      if (order === 'afterwards' && isLayer && accepted) for (const deny of denials.splice(0)) deny();
      if (!isLayer || accepted) return login(request, response);
      denials.push(() => {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${registry.server.url}/token"` }).end();
      });
      if (denials.length === 2) for (const deny of denials.splice(order === 'together' ? 0 : 1)) deny();
      return true;
    };
    (await opened.bench.pull(registry.image)).release();
    expect(tokenRequests(opened)).toHaveLength(2);
    expect(layers.map((digest) => registry.asked(digest))).toEqual([2, 2]);
  });

  it('that is never accepted is the end after two tries', async () => {
    const opened = await open();
    const login = opened.registry.hook;
    opened.registry.hook = (request, response) => {
      if (!request.path.includes('/manifests/')) return login(request, response);
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${opened.registry.server.url}/token"` })
        .end();
      return true;
    };
    await expect(opened.bench.pull(opened.registry.image)).rejects.toMatchObject({ kind: 'REGISTRY_DENIED' });
    expect(tokenRequests(opened)).toHaveLength(1);
    expect(opened.registry.server.seen.filter(({ path }) => path.includes('/manifests/'))).toHaveLength(2);
  });

  it.each([
    ['401', 401, '', 'REGISTRY_DENIED'],
    ['403', 403, '', 'REGISTRY_DENIED'],
    ['nonsense', 200, '<html>', 'REGISTRY_FAILED'],
    ['no token', 200, '{}', 'REGISTRY_FAILED'],
    ['a token with a line break', 200, '{"token":"a\\r\\nb"}', 'REGISTRY_FAILED'],
    ['too much', 200, ' '.repeat(1_100_000), 'IMAGE_CONTENT_REFUSED'],
  ])('for which comes %s is the end', async (_, status, body, kind) => {
    const opened = await open();
    const login = opened.registry.hook;
    opened.registry.hook = (request, response) => {
      if (!request.path.startsWith('/token')) return login(request, response);
      response.writeHead(status).end(body);
      return true;
    };
    await expect(opened.bench.pull(opened.registry.image)).rejects.toMatchObject({ kind });
  });
});

describe('a place for tokens that is not safe to ask', () => {
  it.each([
    'http://auth.registry.example/token',
    'file:///etc/passwd',
    'ftp://127.0.0.1/token',
    'https://user:pass@127.0.0.1/token',
    '/token',
    '',
  ])('is not asked: "%s"', async (realm) => {
    // whoever is asked by plain http would be asked through this
    const proxy = await ScriptedServer.start((_, response) => response.end('{"token":"x"}'));
    vi.stubEnv('http_proxy', proxy.url);
    const opened = await open({ auth: BASIC.slice('Basic '.length) }, { realm });
    await expect(opened.bench.pull(opened.registry.image)).rejects.toMatchObject({
      kind: 'REGISTRY_FAILED',
      details: { registry: opened.registry.name },
    });
    expect(proxy.seen).toEqual([]);
    expect(opened.registry.server.seen.filter(({ headers }) => 'authorization' in headers)).toEqual([]);
  });

  it('on the way to which a redirect leads elsewhere gets no password', async () => {
    const thief = await ScriptedServer.start((_, response) => response.end('{"token":"x"}'), '127.0.0.2');
    const opened = await open({ auth: BASIC.slice('Basic '.length) });
    const login = opened.registry.hook;
    opened.registry.hook = (request, response) => {
      if (!request.path.startsWith('/token')) return login(request, response);
      response.writeHead(302, { location: `${thief.url}/` }).end();
      return true;
    };
    await expect(opened.bench.pull(opened.registry.image)).rejects.toMatchObject({ kind: 'REGISTRY_DENIED' });
    expect(thief.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});
