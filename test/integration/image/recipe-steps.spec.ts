import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { processesMentioning } from '../../support/processes.js';
import { PackageFixture } from './fixture.js';
import { RecipeHost } from './recipe-support.js';

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

describe('a step that fails', () => {
  it('is told with its place, its status and what it wrote, and the steps before it are kept', async () => {
    await web.built(`commands = ["touch /old"]`);
    const before = await web.host.images.get('web');
    const recipe = `commands = [\n  "touch /one",\n  "echo to stdout; echo to stderr >&2; exit 7",\n]`;
    const { view } = await web.build(recipe);
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
    expect(await web.host.images.get('web')).toEqual(before);
    expect(await web.built(recipe.replace('exit 7', 'exit 0'))).toEqual([
      'command 1/2: touch /one (cached)',
      'command 2/2: echo to stdout; echo to stderr >&2; exit 0',
    ]);
  });

  it.each([
    ['of several lines the first', `commands = ["""\nfalse\ntouch /second\n"""]`, /exit status 1/],
    ['a service that is not there', `services = ["nothing"]`, /web.toml:1 ended with exit status 1/],
    ['no package manager', `packages = ["git"]`, /web.toml:1 ended with exit status 1/],
  ])('counts: %s', async (_, recipe, why) => {
    const { view } = await web.build(recipe);
    expect(view.error?.data.why).toMatch(why);
    expect(await web.stepFiles()).toEqual([]);
  });

  it('can be cancelled, which leaves nothing but the steps before it', async () => {
    const recipe = `commands = ["touch /one", "sleep 7654321"]`;
    const { id } = await web.host.builder.begin({ name: 'web', recipe });
    const sleeping = (): Promise<unknown[]> => processesMentioning('sleep\u00007654321');
    await expect.poll(async () => (await sleeping()).length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect((await web.host.operations.cancel(id)).state).toBe('cancelled');
    expect(await sleeping()).toEqual([]);
    expect(await web.host.images.list()).toEqual([]);
    expect(await web.built(recipe.replace('sleep 7654321', 'true'))).toEqual([
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
      const plain = await web.build(recipe.replace('services', '# '));
      const { view } = await web.build(recipe);
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
    const all = await web.built(recipe);
    const files = await web.stepFiles();
    expect(files).toHaveLength(2);
    for (const name of files) {
      const path = join(web.host.config.values.stateDirectory, 'cache/steps', name);
      const bytes = readFileSync(path);
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0xff, bytes.length >> 1);
      writeFileSync(path, bytes);
    }
    await web.host.images.delete('web');
    expect(await web.built(recipe)).toEqual(all);
    await web.host.images.delete('web');
    expect(await web.built(recipe)).toEqual(all.map((title) => `${title} (cached)`));
    expect(await web.debugfs('cat /two')).toBe('2\n');
    expect(existsSync(join(web.host.directory, 'increment'))).toBe(false);
  });
});
