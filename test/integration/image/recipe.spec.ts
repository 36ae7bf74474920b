import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OperationView } from '../../../src/contract/index.js';
import { processesMentioning } from '../../support/processes.js';
import { PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

let packages: PackageFixture;
let host: ImageHost;

beforeAll(async () => {
  packages = await PackageFixture.make();
});
afterAll(async () => {
  await packages.remove();
});
beforeEach(async () => {
  host = await ImageHost.open({ buildHost: packages });
});
afterEach(async () => {
  const building = (await host.imageDirectory()).filter((name) => name.startsWith('.'));
  const recorded = (await host.ledger.list())
    .filter(({ owner }) => owner.type === 'image')
    .map(({ key }) => key.split('/').at(-1))
    .toSorted();
  const rows = (await host.images.list()).map(({ id }) => id).toSorted();
  const { directory } = host;
  await host.close();
  expect(building).toEqual([]);
  expect(recorded).toEqual(rows);
  expect(await processesMentioning(directory)).toEqual([]);
});

async function build(
  recipe: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ view: OperationView; steps: string[]; output: string[] }> {
  const params = { name: 'web', recipe, recipeFile: 'web.toml', ...more };
  const { view, output } = await host.build(params);
  const steps = view.steps
    .filter(({ name }) => name.startsWith('recipe.'))
    .map(({ title, detail }) => `${title}${detail === 'cached' ? ' (cached)' : ''}`);
  return { view, steps, output };
}

async function built(...params: Parameters<typeof build>): Promise<string[]> {
  const { view, steps } = await build(...params);
  expect(view.error).toBeUndefined();
  return steps;
}

async function debugfs(request: string): Promise<string> {
  const { rootPath } = await host.images.require('web');
  return execFileSync('/usr/sbin/debugfs', ['-R', request, rootPath], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

const names = async (directory: string): Promise<string[]> =>
  [...(await debugfs(`ls -p ${directory}`)).matchAll(/^\/\d+\/\d+\/\d+\/\d+\/([^/]+)\//gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => !name.startsWith('.'));

const stepFiles = (): Promise<string[]> =>
  readdir(`${host.config.values.stateDirectory}/cache/steps`).catch(() => []);

const content = (text: string): string => Buffer.from(text).toString('base64');

describe('an image of a recipe', () => {
  it('has its files, users, services, variables and disk, and what its commands did', async () => {
    const recipe = `
disk = "3g"
user = "dev"
services = ["web"]
[env]
GREETING = "it's a \\"test\\""
PERL5OPT = "-Mnothing::of::the::host"
[[files]]
from = "bin/tool"
to = "/usr/local/bin/"
[[files]]
from = "secret"
to = "/home/dev/.secret"
mode = "0600"
owner = "dev:1000"
[[commands]]
run = 'printf "%s|%s" "$GREETING" "$HOME" > /from-root'
[[commands]]
run = """
id -u > mine
cat .secret >> mine
"""
user = "dev"`;
    const files = [
      { path: 'bin/tool', content: content('#!/bin/sh\n'), executable: true },
      { path: 'secret', content: content('hidden\n') },
    ];
    expect(await built(recipe, { files })).toEqual([
      'users: dev',
      'files: /usr/local/bin/tool /home/dev/.secret',
      `command 1/2: printf "%s|%s" "$GREETING" "$HOME" > /from-root`,
      'command 2/2: id -u > mine…',
      'services: web',
    ]);
    expect(await debugfs('stat /usr/local/bin/tool')).toMatch(/Mode: {2}0755[\s\S]*User: {5}0 /);
    expect(await debugfs('stat /home/dev/.secret')).toMatch(
      /Mode: {2}0600[\s\S]*User: {2}1000 .*Group: {2}1000/,
    );
    expect(await debugfs('cat /from-root')).toBe(`it's a "test"|/root`);
    expect(await debugfs('cat /home/dev/mine')).toBe('1000\nhidden\n');
    expect(await debugfs('stat /home/dev/mine')).toMatch(/User: {2}1000 /);
    expect(await names('/etc/systemd/system/multi-user.target.wants')).toContain('web.service');
    expect(await debugfs('cat /etc/banger/image-environment')).toContain(`GREETING=`);
    expect(await debugfs('cat /var/lib/banger/root-sectors')).toBe(`${(3 * 1024 ** 3) / 512}\n`);
    expect(await names('/usr/sbin')).not.toContain('policy-rc.d');
    const image = await host.images.get('web');
    expect(image).toMatchObject({
      diskBytes: 3 * 1024 ** 3,
      source: { kind: 'build', reference: 'web.toml' },
      metadata: { env: { GREETING: `it's a "test"` } },
    });
  });

  it('is up to date until its recipe or one of its files is another', async () => {
    const recipe = `commands = ["cat /conf > /copy"]\nfiles = [{ from = "conf", to = "/conf" }]`;
    const files = (text: string): Record<string, unknown> => ({
      files: [{ path: 'conf', content: content(text) }],
    });
    await built(recipe, files('1'));
    const { id } = await host.images.get('web');
    expect((await build(`# the same\n${recipe}`, files('1'))).view.steps).toMatchObject([
      { detail: 'the image is up to date' },
    ]);
    expect((await host.images.get('web')).id).toBe(id);
    expect(await built(recipe, files('2'))).toEqual(['files: /conf', 'command 1/1: cat /conf > /copy']);
    expect(await debugfs('cat /copy')).toBe('2');
  });

  it('takes no step twice, and each one again after one that is another', async () => {
    const recipe = (second: string): string =>
      `commands = ["mkdir /srv; touch /srv/old /srv/kept; ln /srv/kept /srv/linked", "${second}", "ls /srv > /listing"]`;
    const all = await built(recipe('rm /srv/old'));
    expect(all.join()).not.toContain('cached');
    const listing = await debugfs('cat /listing');
    await host.images.delete('web');
    expect(await built(recipe('rm /srv/old'))).toEqual(all.map((title) => `${title} (cached)`));
    expect(await names('/srv')).toEqual(['kept', 'linked']);
    expect(await debugfs('stat /srv/kept')).toMatch(/Links: 2/);
    expect(await debugfs('cat /listing')).toBe(listing);

    const [first, , third] = all;
    expect(await built(recipe('mv /srv/old /srv/new'))).toEqual([
      `${first} (cached)`,
      'command 2/3: mv /srv/old /srv/new',
      third,
    ]);
    expect(await names('/srv')).toEqual(['kept', 'linked', 'new']);
  });

  it('is made anew with no cache, and with packages anew when forced', async () => {
    const recipe = `commands = ["true"]`;
    await built(recipe);
    const before = await packages.installations();
    expect(await built(recipe, { noCache: true })).toEqual(['command 1/1: true']);
    expect(await packages.installations()).toBe(before);
    expect(await built(recipe, { force: true })).toEqual(['command 1/1: true']);
    expect(await packages.installations()).toBe(before + 1);
    expect(await stepFiles(), 'one for each step, whatever was run again').toHaveLength(1);
  });

  it('shares the packages of its release with the default image', async () => {
    await host.build();
    const before = await packages.installations();
    await built(`commands = ["true"]`);
    expect(await packages.installations()).toBe(before);
    expect(await readdir(`${host.config.values.stateDirectory}/cache/images`)).toHaveLength(1);
  });

  it('is that of the ready recipe of its name, or of the one that is named', async () => {
    await host.build({ name: 'debian' });
    expect((await host.images.get('debian')).source).toEqual({ kind: 'build' });
    await expect(host.builder.begin({ ready: 'nothing' })).rejects.toMatchObject({
      kind: 'IMAGE_RECIPE_INVALID',
      details: { problems: [expect.stringContaining('agent, debian, docker, node, python') as string] },
    });
    // the packages of this mirror are none
    const { view } = await host.build({ name: 'mine', ready: 'node' });
    expect(view.steps.map(({ title }) => title)).toContain('packages: nodejs npm');
    expect(view.error?.data).toMatchObject({ kind: 'IMAGE_BUILD_FAILED', details: { image: 'mine' } });
  });
});

describe('an image of another image', () => {
  it('has what that has, with its kernel, and what its steps change', async () => {
    const base = `
disk = "3g"
env = { A = "1", B = "1" }
commands = [
  "mkdir /srv; echo kept > /srv/kept; ln /srv/kept /srv/linked; ln -s kept /srv/link; touch /srv/old",
  "chown 7:8 /srv/linked; chmod 4711 /usr/bin/sudo",
]`;
    await host.build({ name: 'base', recipe: base });
    const before = await host.images.require('base');
    const recipe = `image = "base"\nenv = { B = "2" }\ncommands = ["rm /srv/old; echo new > /srv/new"]`;
    const { view, steps } = await build(recipe);
    expect(view.error).toBeUndefined();
    expect(steps).toEqual(['command 1/1: rm /srv/old; echo new > /srv/new']);
    expect(await names('/srv')).toEqual(['kept', 'linked', 'link', 'new'].toSorted());
    expect(await debugfs('cat /srv/new')).toBe('new\n');
    expect(await debugfs('stat /srv/kept')).toMatch(/User: {5}7 .*Group: {5}8[\s\S]*Links: 2/);
    expect(await debugfs('stat /usr/bin/sudo')).toMatch(/Mode: {2}04711/);
    const after = await host.images.require('web');
    expect(readFileSync(after.kernelPath)).toEqual(readFileSync(before.kernelPath));
    expect(readFileSync(after.initrdPath)).toEqual(readFileSync(before.initrdPath));
    expect(after).toMatchObject({ diskBytes: 3 * 1024 ** 3, kernelVersion: before.kernelVersion });
    expect((await host.images.get('web')).metadata).toMatchObject({ env: { A: '1', B: '2' } });

    expect((await build(recipe)).view.steps).toMatchObject([{ detail: 'the image is up to date' }]);
    await host.build({ name: 'base', recipe: base.replace('echo kept', 'echo other') });
    expect(await built(recipe), 'another base').toEqual(steps);
    expect(await debugfs('cat /srv/kept')).toBe('other\n');
  });

  it('cannot be of itself, nor of one that is not there or not in order', async () => {
    await expect(host.builder.begin({ name: 'web', recipe: 'image = "web"' })).rejects.toMatchObject({
      kind: 'IMAGE_RECIPE_INVALID',
    });
    expect((await build('image = "base"')).view.error?.data.kind).toBe('IMAGE_NOT_FOUND');
    await host.build({ name: 'base' });
    const { rootPath } = await host.images.require('base');
    writeFileSync(rootPath, Buffer.alloc(4096), { flag: 'r+' });
    expect((await build('image = "base"')).view.error?.data).toMatchObject({
      kind: 'IMAGE_DAMAGED',
      details: { image: 'base', reason: 'it is no ext4 file system' },
    });
  });
});

describe('a step that fails', () => {
  it('is told with its place, its status and what it wrote, and the steps before it are kept', async () => {
    await built(`commands = ["touch /old"]`);
    const before = await host.images.get('web');
    const recipe = `commands = [\n  "touch /one",\n  "echo to stdout; echo to stderr >&2; exit 7",\n]`;
    const { view } = await build(recipe);
    expect(view).toMatchObject({
      state: 'failed',
      error: {
        data: {
          kind: 'IMAGE_BUILD_FAILED',
          why: 'the step of web.toml:3 ended with exit status 7',
          details: {
            step: 'command 2/2: echo to stdout; echo to stderr >&2; exit 7',
            stderrTail: 'to stdout\nto stderr\n',
          },
        },
      },
    });
    expect(await host.images.get('web')).toEqual(before);
    expect(await built(recipe.replace('exit 7', 'exit 0'))).toEqual([
      'command 1/2: touch /one (cached)',
      'command 2/2: echo to stdout; echo to stderr >&2; exit 0',
    ]);
  });

  it.each([
    ['of several lines the first', `commands = ["""\nfalse\ntouch /second\n"""]`, /exit status 1/],
    ['a service that is not there', `services = ["nothing"]`, /web.toml:1 ended with exit status 1/],
    ['no package manager', `packages = ["git"]`, /web.toml:1 ended with exit status 1/],
  ])('counts: %s', async (_, recipe, why) => {
    const { view } = await build(recipe);
    expect(view.error?.data.why).toMatch(why);
    expect(await stepFiles()).toEqual([]);
  });

  it('can be cancelled, which leaves nothing but the steps before it', async () => {
    const recipe = `commands = ["touch /one", "sleep 7654321"]`;
    const { id } = await host.builder.begin({ name: 'web', recipe });
    const sleeping = (): Promise<unknown[]> => processesMentioning('sleep\u00007654321');
    await expect.poll(async () => (await sleeping()).length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect((await host.operations.cancel(id)).state).toBe('cancelled');
    expect(await sleeping()).toEqual([]);
    expect(await host.images.list()).toEqual([]);
    expect(await built(recipe.replace('sleep 7654321', 'true'))).toEqual([
      'command 1/2: touch /one (cached)',
      'command 2/2: true',
    ]);
  });
});

describe('strangers in a tree', () => {
  let outside: string;
  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), 'bgr-outside-'));
    chmodSync(outside, 0o777);
    mkdirSync(join(outside, 'ssh'));
    chmodSync(join(outside, 'ssh'), 0o777);
    writeFileSync(join(outside, 'ssh/ssh_host_key'), 'kept');
  });
  afterEach(() => rmSync(outside, { recursive: true }));

  it.each([
    [
      'where guests are told who they are',
      'rm -rf /etc/ssh /etc/banger; ln -s @/ssh /etc/ssh; ln -s @ /etc/banger',
    ],
    ['where services are', 'rm -rf /etc/systemd; ln -s @ /etc/systemd'],
    ['where homes are', 'rm -rf /root; ln -s @ /root'],
    ['where banger keeps its own', 'rm -rf /var; ln -s @ /var'],
  ])(
    'write nothing to the host, whatever links they leave for what comes after them: %s',
    async (_, command) => {
      const recipe = `commands = ["${command.replaceAll('@', outside)}"]\nservices = ["web"]`;
      const plain = await build(recipe.replace('services', '# '));
      const { view } = await build(recipe);
      // what such a link leads to is not there, for those within
      const failed = [plain.view, view].flatMap(({ error }) =>
        error === undefined ? [] : [error.data.kind],
      );
      expect(failed.every((kind) => kind === 'IMAGE_BUILD_FAILED')).toBe(true);
      if (!/var|systemd/.test(command)) expect(failed).toEqual([]);
      expect(await readdir(outside)).toEqual(['ssh']);
      expect(await readdir(join(outside, 'ssh'))).toEqual(['ssh_host_key']);
      expect(readFileSync(join(outside, 'ssh/ssh_host_key'), 'utf8')).toBe('kept');
    },
  );
});

describe('what is kept of a step', () => {
  it('is not used when it is damaged, and made again', async () => {
    const recipe = `commands = ["echo 1 > /one", "echo 2 > /two"]`;
    const all = await built(recipe);
    const files = await stepFiles();
    expect(files).toHaveLength(2);
    for (const name of files) {
      const path = join(host.config.values.stateDirectory, 'cache/steps', name);
      const bytes = readFileSync(path);
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0xff, bytes.length >> 1);
      writeFileSync(path, bytes);
    }
    await host.images.delete('web');
    expect(await built(recipe)).toEqual(all);
    await host.images.delete('web');
    expect(await built(recipe)).toEqual(all.map((title) => `${title} (cached)`));
    expect(await debugfs('cat /two')).toBe('2\n');
    expect(existsSync(join(host.directory, 'increment'))).toBe(false);
  });
});
