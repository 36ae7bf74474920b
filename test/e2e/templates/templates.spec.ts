import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageDetails, OperationView, VmView } from '../../../src/contract/index.js';
import { NodeProcessRunner } from '../../../src/core/process/index.js';
import { sparseDigest } from '../../../src/host/disk/sparse-file.adapter.js';
import type { Template } from '../../../src/vm/templates/template.types.js';
import { checkDisk } from '../../support/vm-disks.js';
import { TestHost } from '../../support/test-host.js';

describe('templates', () => {
  let host: TestHost;
  let started: number;
  beforeEach(async () => {
    started = Date.now();
    host = await TestHost.create();
  });
  afterEach(async () => {
    await host.assertClean();
    await host.close();
  });

  const templates = async (): Promise<ImageDetails['templates']> =>
    (await host.json<ImageDetails>(['image', 'show', 'debian'])).templates;

  const steps = async (vm: Pick<VmView, 'id'>): Promise<string[]> =>
    (await host.json<OperationView[]>(['operation', 'list', '--limit', '100']))
      .filter(({ kind, subject }) => kind === 'vm.create' && subject.id === vm.id)
      .flatMap((operation) => operation.steps.map(({ name }) => name));

  /** The command begins to boot a VM. That it comes up is for other tests to see: the creation is cancelled, and undone. */
  async function expectBoot(create: readonly string[]): Promise<void> {
    const isOfGuest = ({ name }: { name: string }): boolean => name.startsWith('guest.');
    const creating = host.banger(create);
    const running = async (): Promise<OperationView | undefined> =>
      (await host.json<OperationView[]>(['operation', 'list', '--state', 'running'])).find(
        (operation) => operation.kind === 'vm.create' && operation.steps.some(isOfGuest),
      );
    let operation: OperationView | undefined;
    await expect.poll(async () => (operation = await running()), { timeout: 60_000 }).toBeDefined();
    expect(operation?.steps.filter(isOfGuest)).toMatchObject([{ name: 'guest.boot' }]);
    expect(await host.banger(['operation', 'cancel', operation?.id ?? ''])).toMatchObject({ exitCode: 0 });
    expect(await creating).toMatchObject({ exitCode: 130 });
  }

  const directories = (): string[] => readdirSync(join(host.stateDirectory, 'templates'));

  /** Those of this host alone: the books are a copy of the run's. */
  async function makings(): Promise<OperationView[]> {
    const all = await host.json<OperationView[]>(['operation', 'list', '--limit', '100']);
    return all.filter(({ kind, createdAt }) => kind === 'template.make' && Date.parse(createdAt) > started);
  }

  it('are made after the first boot of a shape, unasked, and used from then on; --cold boots', async () => {
    writeFileSync(join(host.directory, 'config.toml'), '');
    const create = ['vm', 'create', '--memory', '300m', '--name'];
    const first = await host.json<VmView>([...create, 'first']);
    expect(await steps(first)).toContain('guest.boot');
    await expect
      .poll(async () => (await makings()).map(({ state }) => state), { timeout: 120_000, interval: 500 })
      .toEqual(['succeeded']);
    expect(await templates()).toContainEqual(expect.objectContaining({ cpus: 1, memoryMib: 300 }));

    const second = await host.json<VmView>([...create, 'second']);
    expect(await steps(second)).toContain('guest.adopt');
    await expectBoot([...create, 'third', '--cold']);
    expect(await makings()).toHaveLength(1);
    await host.banger(['vm', 'delete', '--force', 'first', 'second']);
  });

  it('may be replaced or deleted while VMs stand on them, which go on and start again', async () => {
    const vm = await host.json<VmView>(['vm', 'create', '--name', 'web', '--memory', '256m']);
    expect(await steps(vm)).toContain('guest.adopt');
    const before = directories();
    const write = await host.banger(['vm', 'exec', 'web', '--', 'sh', '-c', 'echo kept > /root/file']);
    expect(write.exitCode).toBe(0);
    expect(await host.banger(['image', 'warm', '--memory', '256m'])).toMatchObject({ exitCode: 0 });
    expect(directories(), 'there was one already').toEqual(before);
    const warm = await host.banger(['image', 'warm', '--memory', '256m', '--force']);
    expect(warm, warm.stderr).toMatchObject({ exitCode: 0 });
    expect(directories()).toHaveLength(before.length);
    expect(directories()).not.toEqual(before);

    expect(await host.banger(['vm', 'exec', 'web', '--', 'cat', '/root/file'])).toMatchObject({
      stdout: 'kept\n',
    });
    expect(await host.json<VmView>(['vm', 'stop', 'web'])).toMatchObject({ state: 'stopped' });
    expect(await checkDisk(host, vm)).not.toMatch(/^status/);
    expect(await host.json<VmView>(['vm', 'start', 'web'])).toMatchObject({ state: 'running' });
    const hello = ['cat', '/root/file', '/etc/hostname'];
    expect(await host.banger(['vm', 'exec', 'web', '--', ...hello])).toMatchObject({
      stdout: 'kept\nweb\n',
    });
    await host.banger(['vm', 'delete', '--force', 'web']);
  });

  it('that cannot be restored are told and deleted, and the VM boots', async () => {
    const shape = (template: Template): boolean => template.shape.memoryMib === 256;
    const [id = ''] = directories().filter((name) => shape(manifestOf(name)));
    const state = join(host.stateDirectory, 'templates', id, 'state');
    // what the hypervisor makes of it, and not what the digests do: those are as they should be
    rmSync(state);
    writeFileSync(state, 'no machine is in here\n'.repeat(1000));
    const manifest = manifestOf(id);
    const files = {
      ...manifest.files,
      state: { sizeBytes: 22_000, digest: await sparseDigest(state, new NodeProcessRunner()) },
    };
    const path = join(host.stateDirectory, 'templates', id, 'manifest.json');
    rmSync(path);
    writeFileSync(path, JSON.stringify({ ...manifest, files }));
    const created = await host.banger(['vm', 'create', '--name', 'web', '--memory', '256m']);
    expect(created, created.stderr).toMatchObject({ exitCode: 0 });
    expect(created.stderr).toMatch(/warning: booted, since its template could not be used and is deleted: /);
    expect(existsSync(join(host.stateDirectory, 'templates', id))).toBe(false);
    expect(await host.banger(['vm', 'exec', 'web', '--', 'hostname'])).toMatchObject({ stdout: 'web\n' });
    await host.banger(['vm', 'delete', '--force', 'web']);
  });

  it('that were damaged are told before anything is made of them', async () => {
    const [id = ''] = directories().filter((name) => manifestOf(name).shape.memoryMib === 256);
    const disk = join(host.stateDirectory, 'templates', id, 'root.qcow2');
    const content = readFileSync(disk);
    content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
    // shared with other hosts: never written
    rmSync(disk);
    writeFileSync(disk, content);
    const created = await host.banger(['vm', 'run', '--rm', '--memory', '256m', '--', 'hostname']);
    expect(created, created.stderr).toMatchObject({ exitCode: 0 });
    expect(created.stderr).toMatch(
      /the template tpl_\w+ is damaged: \S+root\.qcow2 does not have the content/,
    );
    expect(directories()).not.toContain(id);
  });

  it('go with their image', async () => {
    expect(directories().length).toBeGreaterThan(0);
    expect(await host.banger(['image', 'delete', 'debian'])).toMatchObject({ exitCode: 0 });
    expect(directories()).toEqual([]);
    expect(host.rows("SELECT key FROM LedgerEntry WHERE ownerType = 'template'")).toEqual([]);
  });

  it('are refused where none are wanted, or of sizes that the host does not have', async () => {
    const odd = await host.banger(['image', 'warm', '--cpus', '10000', '--memory', '1m']);
    expect(odd, odd.stderr).toMatchObject({ exitCode: 6 });
    expect(await host.banger(['image', 'warm', 'nowhere'])).toMatchObject({ exitCode: 3 });
    await host.banger(['daemon', 'stop']);
    writeFileSync(join(host.directory, 'config.toml'), '[templates]\nmake = "off"\n');
    const off = await host.banger(['image', 'warm']);
    expect(off).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('templates.make = "off"') });
    await expectBoot(['vm', 'create', '--name', 'web']);
  });

  function manifestOf(name: string): Template {
    const path = join(host.stateDirectory, 'templates', name, 'manifest.json');
    return JSON.parse(readFileSync(path, 'utf8')) as Template;
  }
});
