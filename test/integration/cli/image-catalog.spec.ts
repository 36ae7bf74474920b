import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cli } from './cli-process.js';
import type { CliOptions, CliResult } from './cli-process.js';
import { operationView, startFakeDaemon } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';
import { imageView } from './image-view.js';

const KEY = 'HHhi0BPnjT+GZAo/Ek6tOo+g7lYYtLO4Xu0RZnjVK+A=';

let daemon: FakeDaemon;
let directory: string;
beforeEach(async () => {
  daemon = await startFakeDaemon();
  directory = await mkdtemp(join(tmpdir(), 'bgr-cli-image-'));
  daemon.script.on('image.get', () => imageView());
});
afterEach(async () => {
  await daemon.stop();
  await rm(directory, { recursive: true });
});

const run = (words: string, options: CliOptions = {}): Promise<CliResult> =>
  cli(['--socket', daemon.socketPath, 'image', ...words.split(' ')], { cwd: directory, ...options });

describe('catalogs', () => {
  const operation = { kind: 'image.pull', subject: { type: 'image', id: 'img_1', name: 'web:1' } } as const;

  it('are pulled from by name, address or path, with a key that the caller reads', async () => {
    daemon.script
      .on('image.pull.begin', () => operationView(operation))
      .on('image.catalog.list', () => ({ location: '/shelf', serial: 3, images: [] }))
      .on('operation.watch', async function* () {
        yield { snapshot: operationView(operation) };
        return operationView({ ...operation, state: 'succeeded' });
      });
    await writeFile(join(directory, 'team.pub'), `${KEY}\n`);
    expect(await run('pull web --catalog team')).toMatchObject({ code: 0, stdout: 'web:1\n' });
    await run('pull web --catalog ./shelf --public-key team.pub --name mine');
    await run(`pull web --catalog https://images.example.org/ --public-key ${KEY} --force`);
    expect(daemon.script.callsOf('image.pull.begin')).toEqual([
      { reference: 'web', catalog: 'team' },
      { reference: 'web', catalog: join(directory, 'shelf'), publicKey: KEY, name: 'mine' },
      { reference: 'web', catalog: 'https://images.example.org/', publicKey: KEY, force: true },
    ]);
    // a key may look like a path
    await run(`catalog list team --public-key /${KEY.slice(1)}`);
    expect(daemon.script.callsOf('image.catalog.list')).toEqual([
      { catalog: 'team', publicKey: `/${KEY.slice(1)}` },
    ]);
    await writeFile(join(directory, 'secret'), '/etc/shadow');
    expect((await run('pull web --catalog team --public-key secret')).code).toBe(2);
    expect((await run(`pull web --public-key ${KEY}`)).code).toBe(2);
    expect((await run('pull web --catalog team --public-key nowhere')).code).toBe(2);
  });

  it('are listed', async () => {
    const image = {
      name: 'web',
      distribution: 'Debian 12',
      digest: imageView().digest,
      sizeBytes: 107 << 20,
    };
    const images = [image, { ...image, name: 'db', description: 'with\u001b[2J postgres' }];
    daemon.script.on('image.catalog.list', () => ({ location: '/shelf', serial: 3, images }));
    const { stdout } = await run('catalog list ./shelf');
    expect(stdout).toMatch(/^NAME +DISTRIBUTION +DIGEST +SIZE +DESCRIPTION\n/);
    expect(stdout).toMatch(/web +Debian 12 +0123456789ab +107M +-\n/);
    expect(stdout).toMatch(/with\\x1b\[2J postgres\n$/);
    expect(JSON.parse((await run('catalog list team --json')).stdout)).toMatchObject({ serial: 3, images });
    expect(daemon.script.callsOf('image.catalog.list')).toEqual([
      { catalog: join(directory, 'shelf') },
      { catalog: 'team' },
    ]);
  });

  it('are made without a daemon, by whoever calls', async () => {
    const made = await run('catalog key team.key');
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect((await stat(join(directory, 'team.key'))).mode & 0o777).toBe(0o600);
    const again = await run('catalog key team.key');
    expect(again.code).toBe(10);
    expect(again.stderr).toMatch(/there is a file already/);
    const signed = await run('catalog sign . --key team.key');
    expect(signed).toMatchObject({ code: 0, stderr: expect.stringContaining('signed 0 images') });
    expect(signed.stdout).toContain(`public key:  ${made.stdout}`);
    expect(await readdir(directory)).toEqual(['catalog.json', 'catalog.json.sig', 'team.key']);
    await writeFile(join(directory, 'x.banger.tar.zst'), 'none');
    const refused = await run('catalog sign . --key team.key --json');
    expect(JSON.parse(refused.stderr || refused.stdout)).toMatchObject({
      error: { kind: 'IMAGE_BUNDLE_INVALID' },
    });
    expect(daemon.script.calls).toEqual([]);
  });
});

describe('images', () => {
  it('are listed with where they are from and what they share', async () => {
    const built = imageView({
      name: 'debian',
      digest: '',
      source: { kind: 'build' },
      sharedBytes: 0,
      usedBy: [],
    });
    daemon.script.on('image.list', () => [built, imageView()]);
    const { stdout } = await run('list');
    expect(stdout).toMatch(/^NAME +DISTRIBUTION +SOURCE +DIGEST +SIZE +SHARED +AGE +USED BY\n/);
    expect(stdout).toMatch(/debian +Debian 12 +build +- +400M +- +2h +-\n/);
    expect(stdout).toMatch(
      /web:1 +Debian 12 +pull docker.io\/library\/web:1 +0123456789ab +400M +30M +2h +box\n/,
    );
    expect(JSON.parse((await run('list --json')).stdout)).toEqual([built, imageView()]);
  });

  it('are shown with what they say of themselves', async () => {
    const metadata = {
      env: { LANG: 'C\u001b[2J' },
      user: 'app',
      workdir: '/srv',
      entrypoint: ['/entry', 'two words'],
      cmd: [],
      labels: {},
    };
    daemon.script.on('image.get', () => imageView({ kernel: 'debian', metadata }));
    const { stdout } = await run('show web:1');
    expect(stdout).toMatch(/digest: +sha256:[0-9a-f]{64}\n/);
    expect(stdout).toMatch(/source: +pull docker.io\/library\/web:1 \(sha256:fedc\)\n/);
    expect(stdout).toMatch(/shared: +30M of that\n/);
    expect(stdout).toMatch(/env: +LANG=C\\x1b\[2J\nuser: +app\nworkdir: +\/srv\n/);
    expect(stdout).toContain('["/entry","two words"]\n');
    expect(stdout).not.toContain('cmd:');
  });
});
