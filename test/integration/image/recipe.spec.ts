import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImageBuildParams } from '../../../src/contract/index.js';
import { PackageFixture } from './fixture.js';
import { base64, RecipeHost } from './recipe-support.js';

let packages: PackageFixture;
let web: RecipeHost;

beforeAll(async () => {
  packages = await PackageFixture.make();
});
afterAll(() => packages.remove());
beforeEach(async () => {
  web = await RecipeHost.open(packages);
});
afterEach(() => web.close());

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
      { path: 'bin/tool', content: base64('#!/bin/sh\n'), executable: true },
      { path: 'secret', content: base64('hidden\n') },
    ];
    expect(await web.built(recipe, { files })).toEqual([
      'users: dev',
      'files: /usr/local/bin/tool /home/dev/.secret',
      `command 1/2: printf "%s|%s" "$GREETING" "$HOME" > /from-root`,
      'command 2/2: id -u > mine…',
      'services: web',
    ]);
    expect(await web.debugfs('stat /usr/local/bin/tool')).toMatch(/Mode: {2}0755[\s\S]*User: {5}0 /);
    expect(await web.debugfs('stat /home/dev/.secret')).toMatch(
      /Mode: {2}0600[\s\S]*User: {2}1000 .*Group: {2}1000/,
    );
    expect(await web.debugfs('cat /from-root')).toBe(`it's a "test"|/root`);
    expect(await web.debugfs('cat /home/dev/mine')).toBe('1000\nhidden\n');
    expect(await web.debugfs('stat /home/dev/mine')).toMatch(/User: {2}1000 /);
    expect(await web.names('/etc/systemd/system/multi-user.target.wants')).toContain('web.service');
    expect(await web.debugfs('cat /etc/banger/image-environment')).toContain(`GREETING=`);
    expect(await web.debugfs('cat /var/lib/banger/root-sectors')).toBe(`${(3 * 1024 ** 3) / 512}\n`);
    expect(await web.names('/usr/sbin')).not.toContain('policy-rc.d');
    const image = await web.host.images.get('web');
    expect(image).toMatchObject({
      diskBytes: 3 * 1024 ** 3,
      source: { kind: 'build', reference: 'web.toml' },
      metadata: { env: { GREETING: `it's a "test"` } },
    });
  });

  it('is up to date until its recipe or one of its files is another', async () => {
    const recipe = `commands = ["cat /conf > /copy"]\nfiles = [{ from = "conf", to = "/conf" }]`;
    const files = (text: string): Partial<ImageBuildParams> => ({
      files: [{ path: 'conf', content: base64(text) }],
    });
    await web.built(recipe, files('1'));
    const { id } = await web.host.images.get('web');
    expect((await web.build(`# the same\n${recipe}`, files('1'))).view.steps).toMatchObject([
      { detail: 'the image is up to date' },
    ]);
    expect((await web.host.images.get('web')).id).toBe(id);
    expect(await web.built(recipe, files('2'))).toEqual(['files: /conf', 'command 1/1: cat /conf > /copy']);
    expect(await web.debugfs('cat /copy')).toBe('2');
  });

  it('takes no step twice, and each one again after one that is another', async () => {
    const recipe = (second: string): string =>
      `commands = ["mkdir /srv; touch /srv/old /srv/kept; ln /srv/kept /srv/linked", "${second}", "ls /srv > /listing"]`;
    const all = await web.built(recipe('rm /srv/old'));
    expect(all.join()).not.toContain('cached');
    const listing = await web.debugfs('cat /listing');
    await web.host.images.delete('web');
    expect(await web.built(recipe('rm /srv/old'))).toEqual(all.map((title) => `${title} (cached)`));
    expect(await web.names('/srv')).toEqual(['kept', 'linked']);
    expect(await web.debugfs('stat /srv/kept')).toMatch(/Links: 2/);
    expect(await web.debugfs('cat /listing')).toBe(listing);

    const [first, , third] = all;
    expect(await web.built(recipe('mv /srv/old /srv/new'))).toEqual([
      `${first} (cached)`,
      'command 2/3: mv /srv/old /srv/new',
      third,
    ]);
    expect(await web.names('/srv')).toEqual(['kept', 'linked', 'new']);
  });

  it('is made anew with no cache, and with packages anew when forced', async () => {
    const recipe = `commands = ["true"]`;
    await web.built(recipe);
    const before = await packages.installations();
    expect(await web.built(recipe, { noCache: true })).toEqual(['command 1/1: true']);
    expect(await packages.installations()).toBe(before);
    expect(await web.built(recipe, { force: true })).toEqual(['command 1/1: true']);
    expect(await packages.installations()).toBe(before + 1);
    expect(await web.stepFiles(), 'one for each step, whatever was run again').toHaveLength(1);
  });

  it('shares the packages of its release with the default image', async () => {
    await web.host.build();
    const before = await packages.installations();
    await web.built(`commands = ["true"]`);
    expect(await packages.installations()).toBe(before);
    expect(await readdir(`${web.host.config.values.stateDirectory}/cache/images`)).toHaveLength(1);
  });

  it('is that of the ready recipe of its name, or of the one that is named', async () => {
    await web.host.build({ name: 'debian' });
    expect((await web.host.images.get('debian')).source).toEqual({ kind: 'build' });
    await expect(web.host.builder.begin({ ready: 'nothing' })).rejects.toMatchObject({
      kind: 'IMAGE_RECIPE_INVALID',
      details: { problems: [expect.stringContaining('agent, debian, docker, node, python') as string] },
    });
    // the packages of this mirror are none
    const { view } = await web.host.build({ name: 'mine', ready: 'node' });
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
    await web.host.build({ name: 'base', recipe: base });
    const before = await web.host.images.require('base');
    const recipe = `image = "base"\nenv = { B = "2" }\ncommands = ["rm /srv/old; echo new > /srv/new"]`;
    const { view, steps } = await web.build(recipe);
    expect(view.error).toBeUndefined();
    expect(steps).toEqual(['command 1/1: rm /srv/old; echo new > /srv/new']);
    expect(await web.names('/srv')).toEqual(['kept', 'linked', 'link', 'new'].toSorted());
    expect(await web.debugfs('cat /srv/new')).toBe('new\n');
    expect(await web.debugfs('stat /srv/kept')).toMatch(/User: {5}7 .*Group: {5}8[\s\S]*Links: 2/);
    expect(await web.debugfs('stat /usr/bin/sudo')).toMatch(/Mode: {2}04711/);
    const after = await web.host.images.require('web');
    expect(readFileSync(after.kernelPath)).toEqual(readFileSync(before.kernelPath));
    expect(readFileSync(after.initrdPath)).toEqual(readFileSync(before.initrdPath));
    expect(after).toMatchObject({ diskBytes: 3 * 1024 ** 3, kernelVersion: before.kernelVersion });
    expect((await web.host.images.get('web')).metadata).toMatchObject({ env: { A: '1', B: '2' } });

    expect((await web.build(recipe)).view.steps).toMatchObject([{ detail: 'the image is up to date' }]);
    await web.host.build({ name: 'base', recipe: base.replace('echo kept', 'echo other') });
    expect(await web.built(recipe), 'another base').toEqual(steps);
    expect(await web.debugfs('cat /srv/kept')).toBe('other\n');
  });

  it('cannot be of itself, nor of one that is not there or not in order', async () => {
    await expect(web.host.builder.begin({ name: 'web', recipe: 'image = "web"' })).rejects.toMatchObject({
      kind: 'IMAGE_RECIPE_INVALID',
    });
    expect((await web.build('image = "base"')).view.error?.data.kind).toBe('IMAGE_NOT_FOUND');
    await web.host.build({ name: 'base' });
    const { rootPath } = await web.host.images.require('base');
    writeFileSync(rootPath, Buffer.alloc(4096), { flag: 'r+' });
    expect((await web.build('image = "base"')).view.error?.data).toMatchObject({
      kind: 'IMAGE_DAMAGED',
      details: { image: 'base', reason: 'it is no ext4 file system' },
    });
  });
});
