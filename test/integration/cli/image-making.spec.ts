import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageDetails, KernelView } from '../../../src/contract/index.js';
import { cli } from './cli-process.js';
import { operationView, startFakeDaemon } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const NOW = '2026-01-01T00:00:00.000Z';
const IMAGE: ImageDetails = {
  id: 'img_2',
  name: 'mine',
  digest: 'sha256:d',
  source: { kind: 'promote', reference: 'web\u001b[31m' },
  seedKey: 'SHA256:key',
  recipeDigest: 'd',
  distribution: 'Debian',
  kernelVersion: '6',
  diskBytes: 4 << 20,
  allocatedBytes: 1 << 20,
  sharedBytes: 0,
  createdAt: NOW,
  usedBy: [],
  templates: [],
};
const KERNEL: KernelView = {
  id: 'krn_1',
  name: 'debian',
  version: '6.1.0-56-cloud-amd64',
  digest: 'sha256:k',
  source: { kind: 'packages', reference: 'linux-image-cloud-amd64' },
  allocatedBytes: 90 << 20,
  createdAt: NOW,
  usedBy: ['debian', 'mine'],
};

let daemon: FakeDaemon;
const run = (...args: string[]) => cli(['--socket', daemon.socketPath, ...args], { cwd: '/usr' });
beforeEach(async () => {
  daemon = await startFakeDaemon();
});
afterEach(() => daemon.stop());

/** The method begins an operation of this subject, which succeeds. */
function answers(
  method: 'image.promote.begin' | 'image.register.begin' | 'kernel.pull.begin' | 'kernel.register.begin',
  subject: { type: 'image' | 'kernel'; id: string; name: string },
): void {
  const operation = { kind: method.replace('.begin', ''), subject };
  daemon.script
    .on(method, () => operationView(operation))
    .on('operation.watch', async function* () {
      yield { snapshot: operationView(operation) };
      return operationView({ ...operation, state: 'succeeded' });
    })
    .on('image.get', () => IMAGE)
    .on('kernel.get', () => KERNEL);
}

describe('images that are made of what there is', () => {
  const subject = { type: 'image', id: 'img_2', name: 'mine' } as const;

  it('are promoted from a VM', async () => {
    answers('image.promote.begin', subject);
    expect(await run('image', 'promote', 'web', 'mine')).toMatchObject({ code: 0, stdout: 'mine\n' });
    const json = await run('image', 'promote', 'web', 'mine', '-f', '--clear-history', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ name: 'mine' });
    expect(daemon.script.callsOf('image.promote.begin')).toEqual([
      { vm: 'web', name: 'mine' },
      { vm: 'web', name: 'mine', force: true, clearHistory: true },
    ]);
    expect(daemon.script.callsOf('image.get')).toEqual([{ image: 'img_2' }, { image: 'img_2' }]);
  });

  it('are registered, with paths made absolute, and a kernel by its name or its file', async () => {
    answers('image.register.begin', subject);
    expect(await run('image', 'register', 'mine', '--rootfs', 'some/root')).toMatchObject({ code: 0 });
    const options = ['--kernel', './vmlinux', '--initrd', '/boot/initrd', '--boot-argument', 'quiet'];
    const more = ['--boot-argument', 'a=b', '--reference', '--as-is', '--force'];
    await run('image', 'register', 'mine', '--rootfs', '/root.ext4', ...options, ...more);
    await run('image', 'register', 'mine', '--rootfs', '/root.ext4', '--kernel', 'debian');
    expect(daemon.script.callsOf('image.register.begin')).toEqual([
      { name: 'mine', rootfs: '/usr/some/root' },
      {
        name: 'mine',
        rootfs: '/root.ext4',
        kernelPath: '/usr/vmlinux',
        initrdPath: '/boot/initrd',
        bootArguments: ['quiet', 'a=b'],
        reference: true,
        asIs: true,
        force: true,
      },
      { name: 'mine', rootfs: '/root.ext4', kernel: 'debian' },
    ]);
    const without = await run('image', 'register', 'mine');
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('--rootfs') as string });
  });

  it('say where they are from, and whom they let in', async () => {
    daemon.script.on('image.get', () => IMAGE);
    const { stdout } = await run('image', 'show', 'mine');
    expect(stdout).toMatch(/source: +promote web/);
    expect(stdout).not.toContain('\u001b[31m');
    expect(stdout).toMatch(/lets in: +SHA256:key/);
  });
});

describe('kernels', () => {
  it('are listed and shown', async () => {
    daemon.script.on('kernel.list', () => [KERNEL]).on('kernel.get', () => KERNEL);
    const { stdout } = await run('kernel', 'ls');
    expect(stdout).toMatch(/NAME +VERSION +SOURCE +ON HOST +AGE +USED BY\n/);
    expect(stdout).toContain('6.1.0-56-cloud-amd64');
    expect((await run('kernel', 'show', 'debian')).stdout).toMatch(
      /source: +packages linux-image-cloud-amd64[\s\S]*used by: +debian mine\n$/,
    );
    daemon.script.on('kernel.list', () => []);
    expect(await run('kernel', 'list')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('banger kernel pull') as string,
    });
  });

  it('are pulled, registered and deleted', async () => {
    const subject = { type: 'kernel', id: 'krn_1', name: 'debian' } as const;
    answers('kernel.pull.begin', subject);
    expect(await run('kernel', 'pull')).toMatchObject({ code: 0, stdout: 'debian\n' });
    await run('kernel', 'pull', 'new');
    expect(daemon.script.callsOf('kernel.pull.begin')).toEqual([{}, { name: 'new' }]);
    answers('kernel.register.begin', subject);
    await run('kernel', 'register', 'own', '--kernel', 'vmlinux', '--modules', '/lib/modules/6');
    expect(daemon.script.callsOf('kernel.register.begin')).toEqual([
      { name: 'own', kernelPath: '/usr/vmlinux', modulesPath: '/lib/modules/6' },
    ]);
    expect(await run('kernel', 'register', 'own')).toMatchObject({ code: 2 });
    daemon.script.on('kernel.delete', () => KERNEL);
    expect(await run('kernel', 'rm', 'debian')).toMatchObject({ code: 0, stdout: 'debian\n' });
  });
});
