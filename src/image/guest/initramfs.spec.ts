import { describe, expect, it } from 'vitest';
import { GUEST_SCRIPT_PATH } from './guest-script.js';
import { initScript, moduleName, orderModules } from './initramfs.js';

const MODULES_DEP = `kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio_pci_modern_dev.ko kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_pci_modern_dev.ko:
kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko
kernel/net/core/failover.ko:
kernel/drivers/char/hw_random/virtio-rng.ko.xz: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/fs/fuse/fuse.ko:
`;

describe('orderModules', () => {
  const wanted = ['virtio_pci', 'virtio_net', 'virtio_rng', 'ext4'];
  const order = orderModules(MODULES_DEP, wanted).map(moduleName);

  it('puts each module after everything that it needs', () => {
    const before = (first: string, second: string): boolean => order.indexOf(first) < order.indexOf(second);
    expect(before('virtio_ring', 'virtio')).toBe(true);
    expect(before('virtio', 'virtio_pci')).toBe(true);
    expect(before('failover', 'net_failover')).toBe(true);
    expect(before('net_failover', 'virtio_net')).toBe(true);
  });

  it('takes each once, only what is needed, and what is not listed for built in', () => {
    expect(order.toSorted()).toEqual([
      'failover',
      'net_failover',
      'virtio',
      'virtio_net',
      'virtio_pci',
      'virtio_pci_modern_dev',
      'virtio_ring',
      'virtio_rng',
    ]);
  });
});

describe('initScript', () => {
  const script = initScript(['virtio_ring.ko', 'virtio.ko']);

  it('loads the modules in the given order', () => {
    expect(script).toMatch(/insmod \/modules\/virtio_ring\.ko\ninsmod \/modules\/virtio\.ko\n/);
  });

  it('applies the identity after mounting the root and before leaving for it', () => {
    const at = (text: string): number => script.indexOf(text);
    expect(at('mount -t ext4')).toBeGreaterThan(0);
    expect(at(`sh /${GUEST_SCRIPT_PATH} apply --root /root`)).toBeGreaterThan(at('mount -t ext4'));
    expect(at('exec switch_root')).toBeGreaterThan(at(`sh /${GUEST_SCRIPT_PATH}`));
  });

  it('says on the console why it fails, and powers off', () => {
    expect(script).toMatch(
      /fail\(\) \{\n {2}echo "banger: the guest cannot start: \$\*" > \/dev\/console\n {2}poweroff -f/,
    );
    expect(script.match(/\|\| fail '|\|\| fail "/g)).toHaveLength(3);
  });
});
