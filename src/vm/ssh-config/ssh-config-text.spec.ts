import { describe, expect, it } from 'vitest';
import type { Vm } from '../vm.types.js';
import { sshConfigText } from './ssh-config-text.js';

const vm = (name: string, state: Vm['state'], sshPort?: number): Vm =>
  ({ id: `vm_${name}`, name, state, sshPort }) as Vm;

function textOf(...vms: Vm[]): string {
  return sshConfigText(vms, ({ id }, port) => ({
    host: '127.0.0.1',
    port,
    user: 'root',
    identityFile: '/a 100%/key',
    knownHostsFile: `/a 100%/${id}`,
    hostKeyAlias: `${id}.vm`,
  }));
}

describe('sshConfigText', () => {
  it.each(['running', 'starting', 'suspended'] as const)('leads to a VM that is %s', (state) => {
    const text = textOf(vm('web', state, 4711));
    expect(text).toContain('Host web.vm vm_web.vm\n  HostName 127.0.0.1\n  Port 4711\n  User root\n');
    expect(text).toContain('  IdentityFile "/a 100%%/key"\n');
    expect(text).toContain('  UserKnownHostsFile "/a 100%%/vm_web"\n');
    expect(text).toContain('  StrictHostKeyChecking yes\n');
  });

  it.each([
    ['stopped', 4711, 'is stopped', 'banger vm start web'],
    ['failed', 4711, 'has failed', 'banger vm show web'],
    ['stopping', 4711, 'is being stopped', 'banger vm start web'],
    ['creating', undefined, 'has no SSH port yet', 'try again in a moment'],
    ['suspended', undefined, 'has no SSH port yet', 'banger vm resume web'],
  ] as const)('explains one that is %s', (state, port, why, fix) => {
    const text = textOf(vm('web', state, port));
    expect(text).toContain(`echo "banger: the VM web ${why}" >&2`);
    expect(text).toContain(fix);
    expect(text).not.toContain('HostName');
  });
});
