import { describe, expect, it } from 'vitest';
import { builtinCapabilities } from '../../test/support/fakes/capabilities.js';
import { testConfig } from '../../test/support/fakes/test-config.js';
import type { VmFacts } from './index.js';

const FACTS: VmFacts = {
  id: 'vm_1',
  name: 'web',
  publishedPorts: [{ hostAddress: '127.0.0.1', hostPort: 5353, guestPort: 53, protocol: 'udp' }],
  machineId: '0123456789abcdef0123456789abcdef',
  mac: '52:54:00:00:00:01',
  sshPort: 22001,
  hostKeyPrivate: 'PRIVATE\n',
  hostKeyPublic: 'ssh-ed25519 AAAA root@web',
  authorizedKeys: ['ssh-ed25519 BBBB banger'],
  networked: true,
  env: { GREETING: "it's $HOME\nand more" },
  gitIdentity: { name: undefined, email: undefined },
};

describe('the built-in capabilities', () => {
  it('give the guest its identity, its keys and one network card', async () => {
    const { registry, close } = await builtinCapabilities(await testConfig());
    const draft = registry.configure(FACTS);
    await close();
    expect(draft.nics).toEqual([
      {
        type: 'user',
        mac: '52:54:00:00:00:01',
        forwards: [
          { hostAddress: '127.0.0.1', hostPort: 22001, guestPort: 22, protocol: 'tcp' },
          ...FACTS.publishedPorts,
        ],
      },
    ]);
    const files = Object.fromEntries(
      draft.identityFiles.map(({ path, content, mode }) => [path, { content, mode }]),
    );
    expect(files).toMatchObject({
      'etc/hostname': { content: 'web\n', mode: 0o644 },
      'etc/machine-id': { content: '0123456789abcdef0123456789abcdef\n', mode: 0o444 },
      'etc/ssh/ssh_host_ed25519_key': { content: 'PRIVATE\n', mode: 0o600 },
      'root/.ssh/authorized_keys': { content: 'ssh-ed25519 BBBB banger\n', mode: 0o600 },
      'etc/banger/environment': { content: "export GREETING='it'\\''s $HOME\nand more'\n", mode: 0o600 },
    });
    expect(files['etc/banger/identity.env']?.content.split('\n')).toContain("BANGER_ADDRESS='10.0.2.15/24'");
  });
});
