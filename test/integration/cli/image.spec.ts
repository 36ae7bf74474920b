import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageDetails, ImageTemplateView } from '../../../src/contract/index.js';
import { cli } from './cli-process.js';
import { operationView, startFakeDaemon } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const NOW = '2026-01-01T00:00:00.000Z';

function template(changes: Partial<ImageTemplateView> = {}): ImageTemplateView {
  return {
    id: 'tpl_1',
    cpus: 1,
    memoryMib: 1024,
    diskMib: 4096,
    accelerator: 'kvm',
    allocatedBytes: 131 << 20,
    createdAt: NOW,
    lastUsedAt: new Date(Date.now() - 330_000).toISOString(),
    ...changes,
  };
}

function imageDetails(templates: ImageTemplateView[]): ImageDetails {
  return {
    id: 'img_1',
    name: 'debian',
    digest: 'sha256:d',
    recipeDigest: 'd',
    distribution: 'Debian',
    kernelVersion: '6',
    diskBytes: 4 << 20,
    allocatedBytes: 1 << 20,
    sharedBytes: 0,
    createdAt: NOW,
    usedBy: [],
    templates,
  };
}

describe('templates of an image', () => {
  let daemon: FakeDaemon;
  const run = (...args: string[]) => cli(['--socket', daemon.socketPath, 'image', ...args]);

  beforeEach(async () => {
    daemon = await startFakeDaemon();
    const subject = { type: 'image', id: 'img_1', name: 'debian' } as const;
    const warming = { kind: 'image.warm', subject };
    daemon.script
      .on('image.warm.begin', () => operationView(warming))
      .on('operation.watch', async function* () {
        yield { snapshot: operationView(warming) };
        return operationView({ ...warming, state: 'succeeded' });
      })
      .on('image.get', () => imageDetails([template()]));
  });
  afterEach(() => daemon.stop());

  it('are made by warm, for the default image unless another is named', async () => {
    expect(await run('warm')).toMatchObject({ code: 0, stdout: 'debian\n' });
    const shape = ['--cpus', '2', '--memory', '2g', '--disk', '20g', '--work-disk', '10g'];
    const json = await run('warm', 'mine', ...shape, '--force', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ name: 'debian', templates: [{ id: 'tpl_1' }] });
    expect(daemon.script.callsOf('image.warm.begin')).toEqual([
      { image: 'debian' },
      { image: 'mine', cpus: 2, memoryMib: 2048, diskMib: 20_480, workDiskMib: 10_240, force: true },
    ]);
    expect(daemon.script.callsOf('image.get')).toEqual([{ image: 'img_1' }, { image: 'img_1' }]);
  });

  it('are shown, each with its shape, its cost and its last use', async () => {
    const large = { cpus: 4, memoryMib: 1030, workDiskMib: 2048, allocatedBytes: 3 << 19 };
    daemon.script.on('image.get', () => imageDetails([template(), template(large)]));
    expect((await run('show', 'debian')).stdout).toMatch(
      new RegExp(
        'templates: +1 CPU, 1024M, disk 4096M \\(131M on the host, used 5m ago\\)\n' +
          'templates: +4 CPUs, 1030M, disk 4096M, work disk 2048M \\(1.5M on the host, used 5m ago\\)\n$',
      ),
    );
    daemon.script.on('image.get', () => imageDetails([]));
    expect((await run('show', 'debian')).stdout).toMatch(/templates: +-\n$/);
  });
});
