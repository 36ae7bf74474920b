import { expect, it } from 'vitest';
import type { BookReader } from '../../core/database/index.js';
import type { OperationRunner } from '../../core/operations/index.js';
import { plainConfig } from '../../../test/support/fakes/test-config.js';
import type { DaemonFiles } from './daemon-files.adapter.js';
import { DaemonCheck } from './daemon.check.js';

it('a daemon whose pid could not be written, as on a full disk, does not say of itself that it hangs', async () => {
  const books = { isHeld: () => true } as unknown as BookReader;
  const files = { pid: () => undefined, hasSocket: () => true, logBytes: () => 0 } as unknown as DaemonFiles;
  const inside = new DaemonCheck(plainConfig('user'), books, files, {} as OperationRunner);
  expect(await inside.run()).toMatchObject({ status: 'ok' });
  const outside = new DaemonCheck(plainConfig('user'), books, files);
  expect(await outside.run()).toMatchObject({
    status: 'fail',
    detail: expect.stringMatching(/does not answer/) as string,
  });
});
