import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImagePullParams, OperationView } from '../../../src/contract/index.js';
import { ImagePuller } from '../../../src/image/pull/image-puller.js';
import { processesMentioning } from '../../support/processes.js';
import { makeTar } from '../../support/tar-maker.js';
import type { HandmadeEntry } from '../../support/tar-maker.js';
import { describeTree } from './archive/support.js';
import { PackageFixture } from './fixture.js';
import { DockerRegistry } from './oci/support/docker-registry.js';
import { ImageLayout } from './oci/support/image-layout.js';
import { alpineTree, APK } from './provisioning/alpine-tree.js';
import { ImageHost } from './support.js';

const FILE: HandmadeEntry = { name: 'file', data: 'x' };
/** One of each kind; test/integration/image/archive has them all. */
const HOSTILE: readonly [what: string, entries: readonly HandmadeEntry[]][] = [
  ['a name that goes up', [{ ...FILE, name: '../../../../up' }]],
  ['a hard link to a file of the host', [{ name: 'l', type: '1', linkTarget: '../../../../etc/shadow' }]],
  [
    'a name below a link to itself',
    [
      { name: 'l', type: '2', linkTarget: 'l' },
      { ...FILE, name: 'l/x' },
    ],
  ],
  ['a disk', [{ name: 'disk', type: '4', major: 8, minor: 0 }]],
  [
    'a sparse file of 1 TiB',
    [
      {
        ...FILE,
        pax: [
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.realsize', String(2 ** 40)],
        ],
        data: '0\n'.padEnd(512, '\0'),
      },
    ],
  ],
  ['a user that no namespace has', [{ ...FILE, uid: 100_000 }]],
];

let directory: string;
let registry: DockerRegistry;
let layout: ImageLayout;
let packages: PackageFixture;
let host: ImageHost;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-pulls-'));
  chmodSync(directory, 0o711);
  registry = await DockerRegistry.start(directory);
  layout = new ImageLayout(join(directory, 'layout'));
  packages = await PackageFixture.make();
});
afterAll(async () => {
  await packages.remove();
  await registry.stop();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  host = await ImageHost.open({ buildHost: packages });
});
afterEach(async () => {
  await host.close();
});

async function push(name: string, ...layers: Buffer[]): Promise<string> {
  const image = layout.image(layers.map((tar) => ({ tar, compression: 'gzip' })));
  await registry.push(layout.tag(image, name), `team/${name}:1`);
  return `${registry.name}/team/${name}:1`;
}

/** As Alpine has it; `change` is made to the tree before it is packed. */
function alpine(name: string, change: (tree: string) => void = () => undefined): Buffer {
  const tree = join(directory, 'trees', name);
  mkdirSync(tree, { recursive: true });
  alpineTree(tree);
  change(tree);
  return execFileSync('tar', ['-C', tree, '--numeric-owner', '-c', '.'], { maxBuffer: 2 ** 30 });
}

function apk(tree: string, lines: string): void {
  writeFileSync(join(tree, 'sbin/apk'), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
}

const begin = (params: ImagePullParams): Promise<OperationView> =>
  host.app.get(ImagePuller, { strict: false }).begin(params);

async function pull(reference: string): Promise<OperationView> {
  return (await host.follow((await begin({ reference })).id)).view;
}

/** What is in a file of a disk image, or where a link of it leads. */
function inDisk(id: string, path: string): string {
  const disk = join(host.config.imagesDirectory, id, 'root.ext4');
  const stat = execFileSync('debugfs', ['-R', `stat ${path}`, disk], { encoding: 'utf8', stdio: 'pipe' });
  const target = /Fast link dest: "(.*)"/.exec(stat)?.[1];
  return target ?? execFileSync('debugfs', ['-R', `cat ${path}`, disk], { encoding: 'utf8', stdio: 'pipe' });
}

describe('a pull', () => {
  it('makes a guest of what an image of Alpine holds, with a kernel that it gets for it', async () => {
    const view = await pull(await push('alpine', alpine('alpine')));
    expect(view.error?.data).toBeUndefined();
    const image = await host.images.get('alpine:1');
    expect(image).toMatchObject({
      distribution: 'Alpine Linux v3.22',
      kernel: 'debian',
      kernelVersion: '6.1.0-test',
      source: { kind: 'pull', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      metadata: { user: 'ada', workdir: '/srv', cmd: ['/bin/sh'], entrypoint: [] },
    });
    expect(inDisk(image.id, '/etc/os-release')).toContain('ID=alpine');
    expect(inDisk(image.id, '/usr/lib/banger/banger-guest')).toContain('#!/bin/sh');
    expect(inDisk(image.id, '/lib/modules'), 'where its modprobe looks').toBe('../usr/lib/modules');
    expect(inDisk(image.id, '/usr/lib/modules/6.1.0-test/modules.dep')).toContain('virtio_blk');
    expect(await host.imageDirectory()).toEqual([image.id]);
    await host.images.require('alpine:1');
  });

  it('says so when its mirrors are not reached, and stores nothing', async () => {
    const refuse = (tree: string): void =>
      apk(
        tree,
        'echo "WARNING: fetching https://dl-cdn.example/main: temporary error (try again later)" >&2; exit 1',
      );
    const view = await pull(await push('cut-off', alpine('cut-off', refuse)));
    expect(view.error?.data).toMatchObject({ kind: 'IMAGE_NOT_PROVISIONABLE' });
    expect(view.error?.data.why).toMatch(/^its package mirrors were not reached/);
    expect(await host.images.list()).toEqual([]);
    expect(await host.imageDirectory()).toEqual([]);
  });

  it.each(HOSTILE)('refuses a layer with %s, and touches nothing around', async (what, entries) => {
    const reference = await push(
      `hostile-${HOSTILE.findIndex(([other]) => other === what)}`,
      alpine(what),
      makeTar(entries),
    );
    writeFileSync(join(host.directory, 'precious'), 'precious');
    const around = (): string[] =>
      describeTree(host.directory).filter((line) => !/^\.\/(state|run)\b/.test(line));
    const before = around();
    expect(before.join()).toContain('precious');
    const view = await pull(reference);
    expect(view.error?.data).toMatchObject({ kind: 'IMAGE_CONTENT_REFUSED' });
    expect(await host.imageDirectory()).toEqual([]);
    expect(around()).toEqual(before);
  });

  it('of a tree whose links lead out of it writes there to nothing', async () => {
    const outside = join(directory, 'outside');
    mkdirSync(join(outside, 'modules'), { recursive: true });
    writeFileSync(join(outside, 'authorized_keys'), 'mine');
    execFileSync('chmod', ['-R', 'a+rwX', outside]);
    const before = describeTree(outside);
    const links = (tree: string): void => {
      for (const name of [
        'root',
        'boot',
        'usr/lib',
        'etc/ssh',
        'etc/profile.d',
        'var/lib',
        'run',
        'tmp',
        'proc',
        'dev',
      ]) {
        rmSync(join(tree, name), { recursive: true, force: true });
        execFileSync('ln', ['-s', outside, join(tree, name)]);
      }
      apk(tree, APK.replaceAll('mkdir -p', 'mkdir -p 2>/dev/null'));
    };
    const view = await pull(await push('links', alpine('links', links)));
    expect(['succeeded', 'failed']).toContain(view.state);
    expect(describeTree(outside)).toEqual(before);
    for (const { id } of await host.images.list())
      expect(
        execFileSync('debugfs', ['-R', 'ls -l /', join(host.config.imagesDirectory, id, 'work.ext4')], {
          encoding: 'utf8',
          stdio: 'pipe',
        }),
      ).not.toContain('authorized_keys');
  });

  it('of the same image under two names fetches its layers once; of the same name, one has to wait', async () => {
    const reference = await push('shared', alpine('shared'));
    const first = await begin({ reference, name: 'one' });
    const second = await begin({ reference, name: 'two' });
    await expect(begin({ reference, name: 'one' })).rejects.toMatchObject({ kind: 'IMAGE_BUSY' });
    for (const { id } of [first, second]) expect((await host.follow(id)).view.state).toBe('succeeded');
    const [layer = ''] = readdirSync(join(host.config.values.stateDirectory, 'cache/layers'));
    expect(
      registry.requests(layer.replace('sha256-', 'sha256:')).filter((line) => line.includes('GET')).length,
    ).toBe(1);
  });

  it('takes no name of an image of another origin, unless it is told to', async () => {
    await host.build();
    const reference = await push('other', alpine('other'));
    await expect(begin({ reference, name: 'debian' })).rejects.toMatchObject({ kind: 'IMAGE_EXISTS' });
    expect((await host.follow((await begin({ reference, name: 'mine' })).id)).view.state).toBe('succeeded');
    await expect(begin({ reference: `${registry.name}/team/alpine:1`, name: 'mine' })).rejects.toMatchObject({
      kind: 'IMAGE_EXISTS',
    });
    const again = await begin({ reference, name: 'mine' });
    expect((await host.follow(again.id)).view.state).toBe('succeeded');
  });

  it('can be cancelled while programs of the image run; it ends them, and leaves nothing', async () => {
    const hang = (tree: string): void => apk(tree, 'exec sleep 765432');
    const reference = await push('slow', alpine('slow', hang));
    const { id } = await begin({ reference });
    await expect.poll(async () => (await processesMentioning('sleep\u0000765432')).length).toBe(1);
    await expect(host.images.delete('slow:1')).rejects.toMatchObject({ kind: 'IMAGE_NOT_FOUND' });
    expect((await host.operations.cancel(id)).state).toBe('cancelled');
    expect(await processesMentioning('sleep\u0000765432')).toEqual([]);
    expect(await host.imageDirectory()).toEqual([]);
  });
});
