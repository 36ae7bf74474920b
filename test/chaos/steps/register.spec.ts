import { join } from 'node:path';
import { afterAll } from 'vitest';
import { UsersFiles } from '../../integration/image/users-files.js';
import { ChaosHost } from '../support/chaos-host.js';
import { interruptEach, recordAll } from '../support/interrupt.js';
import { MadeImage } from '../support/made-image.js';
import { importScenario, registerScenario } from '../support/making-scenarios.js';
import { smallVmlinux } from '../support/small-kernel.js';

/* The daemon is killed at every change that is made to its books by images that come from the host's files. */
const chaos = await ChaosHost.create();
const users = new UsersFiles();
const rootfs = users.ext4();
const kernel = [
  '--kernel',
  users.write('vmlinux', smallVmlinux()),
  '--initrd',
  users.write('initrd', 'initrd'),
];
const registered = new MadeImage(
  chaos,
  'registered',
  ['image', 'register', 'registered', '--rootfs', rootfs, ...kernel],
  { view: { source: { kind: 'register', reference: rootfs } }, file: ['/etc/hello', 'hello'] },
);
const bundle = join(users.directory, 'bundle.banger.tar.zst');
const imported = new MadeImage(chaos, 'imported', ['image', 'import', bundle, '--name', 'imported'], {
  view: { source: { kind: 'import', reference: 'bundle.banger.tar.zst' } },
  file: ['/etc/hello', 'hello'],
});
const tidy = (): Promise<void> => Promise.resolve(users.remove());
const [recordings, importRecordings] = await chaos.prepare(async () => {
  const ofRegistration = await recordAll(chaos, registered, [registerScenario(() => registered.command)]);
  await chaos.succeed(['image', 'export', 'registered', '-o', bundle]);
  const ofImport = await recordAll(chaos, imported, [importScenario(() => imported.command)]);
  return [ofRegistration, ofImport];
}, tidy);

afterAll(async () => {
  await registered.bring('absent');
  await imported.bring('absent');
  await chaos.host.assertClean();
  await chaos.close();
  await tidy();
});

interruptEach(chaos, registered, recordings);
interruptEach(chaos, imported, importRecordings);
