import { beforeEach, describe, expect, it } from 'vitest';
import type { HostFacts } from '../../host/index.js';
import type { Hypervisor, HypervisorProbe } from '../hypervisor/hypervisor.js';
import { MachineFits } from './machine-fits.js';
import type { MachineFit } from './machine-fits.js';

describe('whether a machine that was saved can go on here', () => {
  let probe: HypervisorProbe;
  let host: { layout: string; processor: string; kind: string };
  let fits: MachineFits;
  let saved: MachineFit;
  beforeEach(async () => {
    probe = { available: true, binary: 'qemu', version: '7.2.22', accelerator: 'tcg' };
    host = { layout: '-machine q35', processor: 'EPYC: avx', kind: 'qemu' };
    const hypervisor = {
      get kind() {
        return host.kind;
      },
      probe: async () => probe,
      layout: () => host.layout,
      features: { memorySnapshots: true },
    };
    const facts = { processor: async () => host.processor };
    fits = new MachineFits(hypervisor as unknown as Hypervisor, facts as unknown as HostFacts);
    saved = (await fits.now()) as MachineFit;
  });

  it('it can where nothing is another', async () => {
    expect(await fits.misfit(saved)).toBeUndefined();
    expect(await fits.misfit(JSON.parse(JSON.stringify(saved)) as MachineFit)).toBeUndefined();
  });

  it.each<[string, () => void, RegExp]>([
    ['version', () => (probe = { ...probe, version: '8.2.0' }), /by qemu 7\.2\.22, and here is qemu 8\.2\.0/],
    ['hypervisor', () => (host.kind = 'firecracker'), /here is firecracker/],
    ['accelerator', () => (probe = { ...probe, accelerator: 'kvm' }), /under tcg, and here is kvm/],
    ['machine', () => (host.layout += ',vmport=on'), /another version of banger/],
    ['processor', () => (host.processor += ' avx2'), /another kind of processor/],
    ['hypervisor that works', () => (probe = { ...probe, available: false }), /does not work here/],
  ])('it cannot with another %s, and that is said', async (_what, change, why) => {
    change();
    expect(await fits.misfit(saved)).toMatch(why);
  });
});
