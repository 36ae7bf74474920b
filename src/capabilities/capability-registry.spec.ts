import { describe, expect, it } from 'vitest';
import { Capability } from './capability.js';
import type { MachineDraft, VmFacts } from './capability.js';
import { CapabilityRegistry } from './capability-registry.js';

class Named extends Capability {
  constructor(
    readonly id: string,
    override readonly after: readonly string[] = [],
  ) {
    super();
  }
  override configure(draft: MachineDraft): void {
    draft.bootArguments.push(this.id);
  }
}

const FACTS: VmFacts = {
  id: 'vm_1',
  name: 'web',
  publishedPorts: [],
  machineId: '0'.repeat(32),
  mac: '52:54:00:00:00:01',
  sshPort: 22001,
  hostKeyPrivate: 'private',
  hostKeyPublic: 'ssh-ed25519 AAAA',
  authorizedKeys: [],
  networked: true,
  env: {},
  gitIdentity: { name: undefined, email: undefined },
};

describe('CapabilityRegistry', () => {
  it('runs capabilities after those they name, whatever the order of the list', () => {
    const registry = new CapabilityRegistry([new Named('c', ['b']), new Named('a'), new Named('b', ['a'])]);
    expect(registry.configure(FACTS).bootArguments).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['a duplicate id', [new Named('a'), new Named('a')], /two capabilities are called a/],
    ['an unknown name', [new Named('a', ['z'])], /comes after z, which does not exist/],
    ['a cycle', [new Named('a', ['b']), new Named('b', ['a'])], /wait for each other: a → b → a/],
  ])('refuses %s', (_what, capabilities, message) => {
    expect(() => new CapabilityRegistry(capabilities)).toThrow(message);
  });
});
