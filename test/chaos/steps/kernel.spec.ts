import { afterAll } from 'vitest';
import { FIXTURE, PackageFixture } from '../../integration/image/fixture.js';
import { UsersFiles } from '../../integration/image/users-files.js';
import { ChaosHost } from '../support/chaos-host.js';
import { interruptEach, recordAll } from '../support/interrupt.js';
import { MadeKernel } from '../support/made-kernel.js';
import { kernelPullScenario, kernelRegisterScenario } from '../support/making-scenarios.js';
import { smallVmlinux } from '../support/small-kernel.js';

/* The daemon is killed at every change that is made to its books by kernels that it is to keep. */
const chaos = await ChaosHost.create();
// nothing is downloaded: its `mmdebstrap` comes first in the PATH of the daemon
const packages = await PackageFixture.make();
const users = new UsersFiles();
const rootfs = users.ext4();
const modules = users.tree({
  'modules.dep': 'kernel/virtio_blk.ko:\n',
  'kernel/virtio_blk.ko': 'virtio_blk',
});
const pulled = new MadeKernel(chaos, 'pulled', ['kernel', 'pull', 'pulled'], {
  view: { version: FIXTURE.release, source: { kind: 'packages' } },
  rootfs,
});
const vmlinux = users.write('vmlinux', smallVmlinux());
const registered = new MadeKernel(
  chaos,
  'registered',
  ['kernel', 'register', 'registered', '--kernel', vmlinux, '--modules', modules],
  { view: { version: '6.9.1-mine', source: { kind: 'register', reference: vmlinux } }, rootfs },
);
const tidy = async (): Promise<void> => {
  users.remove();
  await packages.remove();
};
const [pullRecordings, recordings] = await chaos.prepare(
  async () => [
    await recordAll(chaos, pulled, [kernelPullScenario(() => pulled.command)]),
    await recordAll(chaos, registered, [kernelRegisterScenario(() => registered.command)]),
  ],
  tidy,
);

afterAll(async () => {
  await pulled.bring('absent');
  await registered.bring('absent');
  await chaos.host.assertClean();
  await chaos.close();
  await tidy();
});

interruptEach(chaos, pulled, pullRecordings);
interruptEach(chaos, registered, recordings);
