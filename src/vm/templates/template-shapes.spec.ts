import { beforeEach, describe, expect, it } from 'vitest';
import type { HostFacts } from '../../host/index.js';
import type { Hypervisor, HypervisorProbe } from '../hypervisor/hypervisor.js';
import { MachineFits } from '../saving/machine-fits.js';
import { TemplateShapes } from './template-shapes.js';
import type { ShapedVm } from './template-shapes.js';
import { keyOf } from './template.types.js';

const VM: ShapedVm = {
  imageId: 'img_one',
  cpus: 2,
  memoryMib: 1024,
  diskMib: 4096,
  workDiskMib: 512,
  diskBackend: 'qcow2',
};

describe('the shape of a VM', () => {
  let probe: HypervisorProbe;
  let host: { layout: string; processor: string; memorySnapshots: boolean };
  let shapes: TemplateShapes;
  beforeEach(() => {
    probe = { available: true, binary: 'qemu', version: '7.2.22', accelerator: 'tcg' };
    host = { layout: '-machine q35', processor: 'EPYC: avx', memorySnapshots: true };
    const hypervisor = {
      kind: 'qemu',
      probe: async () => probe,
      layout: () => host.layout,
      get features() {
        return { memorySnapshots: host.memorySnapshots };
      },
    };
    const facts = { processor: async () => host.processor };
    const fits = new MachineFits(hypervisor as unknown as Hypervisor, facts as unknown as HostFacts);
    shapes = new TemplateShapes(fits, facts as unknown as HostFacts);
  });

  async function key(vm: ShapedVm = VM): Promise<string> {
    const shape = await shapes.of(vm);
    expect(shape).toBeDefined();
    return shape === undefined ? '' : keyOf(shape);
  }

  it('is what it has in common with a saved machine, and nothing that is its own', async () => {
    const named = { ...VM, id: 'vm_1', name: 'web', mac: '52:54:00:00:00:01' };
    expect(await shapes.of(named)).toEqual({
      ...VM,
      hypervisor: 'qemu',
      version: '7.2.22',
      accelerator: 'tcg',
      layout: expect.stringMatching(/^[0-9a-f]{32}$/),
      processor: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(await key(named)).toBe(await key());
  });

  it.each<[string, () => void]>([
    ['hypervisor', () => (probe = { ...probe, version: '8.2.0' })],
    ['accelerator', () => (probe = { ...probe, accelerator: 'kvm' })],
    ['machine', () => (host.layout += ',vmport=on')],
    ['processor', () => (host.processor += ' avx2')],
  ])('is another on a host with another %s', async (_what, change) => {
    const before = await key();
    change();
    expect(await key()).not.toBe(before);
  });

  it('is another for each size, disk and image, and for none of them the same', async () => {
    const { workDiskMib: _, ...plain } = VM;
    const others: ShapedVm[] = [
      { ...VM, imageId: 'img_two' },
      { ...VM, cpus: 1024, memoryMib: 2 },
      { ...VM, diskMib: 512, workDiskMib: 4096 },
      { ...VM, diskBackend: 'reflink' },
      { ...plain, workDiskMib: undefined },
    ];
    expect(new Set(await Promise.all([VM, ...others].map(key))).size).toBe(others.length + 1);
  });

  it('is the same once it has been written down and read again, without a work disk too', async () => {
    for (const vm of [VM, { ...VM, workDiskMib: undefined }]) {
      const shape = await shapes.of(vm);
      expect(keyOf(JSON.parse(JSON.stringify(shape)) as NonNullable<typeof shape>)).toBe(await key(vm));
    }
  });

  it.each<[string, () => void]>([
    ['works not at all', () => (probe = { available: false, binary: 'qemu' })],
    ['cannot save machines', () => (host.memorySnapshots = false)],
  ])('is none where the hypervisor %s', async (_what, change) => {
    change();
    expect(await shapes.of(VM)).toBeUndefined();
  });
});
