import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ImageDetails, ImageView, OperationView, VmView } from '../../../src/contract/index.js';
import { fileHas } from '../../support/file-bytes.js';
import { TestHost } from '../../support/test-host.js';
import { checkDisk } from '../../support/vm-disks.js';

const PACKAGE = `set -e
mkdir -p /root/p/DEBIAN /root/p/usr/local/bin
printf '#!/bin/sh\\necho hello from a package\\n' > /root/p/usr/local/bin/hello
chmod 755 /root/p/usr/local/bin/hello
printf 'Package: hello-banger\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: x\\n' > /root/p/DEBIAN/control
dpkg-deb -b /root/p /root/hello.deb > /dev/null
dpkg -i /root/hello.deb > /dev/null
echo typed-here > /root/.bash_history
echo secret-of-mine > /opt/token; rm /opt/token
cp /etc/ssh/ssh_host_ed25519_key /opt/copy; sync; rm /opt/copy
sync
`;
const LOOK = 'cat /etc/machine-id; cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub; hostname';

describe('an image that is promoted from a VM', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(async () => {
    for (const { name } of await host.json<VmView[]>(['vm', 'list']))
      await host.banger(['vm', 'delete', '--force', name]);
    for (const { name } of await host.json<ImageView[]>(['image', 'list']))
      if (name !== 'debian') await host.json(['image', 'delete', name]);
    await host.assertClean();
  });
  afterAll(() => host.close());

  async function inside(vm: string, script: string): Promise<string[]> {
    const result = await host.banger(['vm', 'exec', '--cwd', '/', vm, '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim().split('\n');
  }
  it('has what was installed, lets VMs be other machines, and has nothing of the key of the one that it was', async () => {
    const old = await host.json<VmView>(['vm', 'create', '--name', 'old', '--work-disk', '1g']);
    await inside('old', PACKAGE);
    const [machineId = '', hostKey = ''] = await inside('old', LOOK);
    const [privateLine = ''] = await inside('old', 'sed -n 3p /etc/ssh/ssh_host_ed25519_key');
    expect(privateLine.length).toBeGreaterThan(30);

    const running = await host.banger(['image', 'promote', 'old', 'mine']);
    expect(running).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('banger vm stop old') });
    await host.json(['vm', 'stop', 'old']);
    const image = await host.json<ImageDetails>(['image', 'promote', 'old', 'mine', '--clear-history']);
    expect(image).toMatchObject({
      name: 'mine',
      source: { kind: 'promote', reference: 'old' },
      seedKey: expect.stringMatching(/^SHA256:/),
    });
    expect(await host.json<VmView>(['vm', 'show', 'old'])).toMatchObject({ state: 'stopped' });
    for (const name of ['root', 'work']) expect(await checkDisk(host, old, name)).not.toMatch(/status/);
    const again = await host.banger(['image', 'promote', 'old', 'mine']);
    expect(again).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('--force') });

    const directory = join(host.stateDirectory, 'images', image.id);
    for (const name of ['root.ext4', 'work.ext4'])
      for (const secret of [privateLine, machineId, 'secret-of-mine', 'typed-here'])
        expect(fileHas(join(directory, name), secret), `${secret} in ${name}`).toBe(false);
    const keyPath = join(host.stateDirectory, 'keys/id_ed25519.pub');
    const key = readFileSync(keyPath, 'utf8').split(' ')[1] ?? '';
    expect(fileHas(join(directory, 'work.ext4'), key)).toBe(true);
    expect(execFileSync('ssh-keygen', ['-lf', keyPath], { encoding: 'utf8' })).toContain(image.seedKey);

    await host.json(['vm', 'create', '--name', 'new', '--image', 'mine', '--work-disk', '2g']);
    const [newId, newKey, newName] = await inside('new', LOOK);
    expect(newName).toBe('new');
    expect(newId).not.toBe(machineId);
    expect(newKey).not.toBe(hostKey);
    expect(await inside('new', 'hello; dpkg -s hello-banger | grep Status; ls /root/hello.deb')).toEqual([
      'hello from a package',
      'Status: install ok installed',
      '/root/hello.deb',
    ]);
    const [blocks = 0, size = 0] = ((await inside('new', 'stat -f -c "%b %S" /root'))[0] ?? '')
      .split(' ')
      .map(Number);
    expect(blocks * size, 'its work disk has grown').toBeGreaterThan(1800 * 1024 ** 2);
    // the image needs its parent no more, nor the VM that it was
    await host.json(['vm', 'delete', 'old']);
    expect(await inside('new', 'hello')).toEqual(['hello from a package']);
    const [operation] = (await host.json<OperationView[]>(['operation', 'list'])).filter(
      ({ kind }) => kind === 'image.promote',
    );
    expect(operation).toMatchObject({ state: 'succeeded', warnings: [] });
  });
});
