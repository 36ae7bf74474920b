import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SshConnection } from '../../../src/core/ssh/index.js';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { shell, state, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

/** A process of git takes 30 to 100 ms in an emulated guest: their number is what preparing again takes there. */
describe.skipIf(reason !== undefined)(
  `what preparing again costs${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    let counting: SshConnection;
    beforeAll(async () => {
      bench = await WorkspaceBench.start();
      const shims = `${bench.directory}/shims`;
      mkdirSync(shims);
      writeFileSync(
        `${shims}/git`,
        `#!/bin/sh\necho "$*" >> ${bench.directory}/log\nexec /usr/bin/git "$@"\n`,
      );
      chmodSync(`${shims}/git`, 0o755);
      counting = {
        open: ({ line }: { line: string }) =>
          bench.ssh.open({ line: `PATH=${shims}:$PATH; export PATH; ${line}` }),
      } as unknown as SshConnection;
    });
    afterAll(() => bench.stop());

    const count = async (body: () => Promise<unknown>): Promise<string[]> => {
      const log = `${bench.directory}/log`;
      rmSync(log, { force: true });
      await body();
      return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
    };

    it('is few processes of git', async () => {
      const path = await bench.repository('cost', '');
      const { warnings: _warnings, ...first } = await bench.import(path);
      expect(await count(() => bench.prepare(path, [first], { ssh: counting }))).toHaveLength(5);
      shell(path, 'echo x >> a.txt; git commit -q -am next');
      expect(await count(() => bench.prepare(path, [first], { ssh: counting }))).toHaveLength(7);
      expect(state(first.guestPath)).toEqual(state(path));
    });
  },
);
