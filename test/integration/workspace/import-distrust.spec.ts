import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { shell, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

/** Whoever made a `.git` that was unpacked here wrote its config, and is not trusted. */
describe.skipIf(reason !== undefined)(
  `importing what somebody else made${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    beforeAll(async () => {
      bench = await WorkspaceBench.start();
    });
    afterAll(() => bench.stop());
    afterEach(() => expect(bench.leftovers).toEqual([]));

    it('runs no filter, also none whose name is empty', async () => {
      const ran = join(bench.directory, 'ran');
      const path = await bench.repository(
        'nameless filter',
        `printf '* filter=\\n' > .gitattributes; echo x >> a.txt; echo n > new
         printf '[filter ""]\\n\\tclean = "touch ${ran}; cat"\\n' >> .git/config`,
      );
      const view = await bench.import(path);
      expect(existsSync(ran)).toBe(false);
      expect(view.warnings.join()).toMatch(/filters are not run.*: \(the one without a name\)$/);
      shell(path, 'git hash-object a.txt');
      expect(existsSync(ran)).toBe(true);
    });

    it('refuses a filter whose name cannot be switched off', async () => {
      const ran = join(bench.directory, 'ran-by-bytes');
      const path = await bench.repository(
        'unspeakable filter',
        `printf '* filter=\\377\\n' > .gitattributes; echo x >> a.txt
         printf '[filter "\\377"]\\n\\tclean = "touch ${ran}; cat"\\n' >> .git/config`,
      );
      await expect(bench.import(path)).rejects.toMatchObject({
        kind: 'WORKSPACE_PATH_INVALID',
        why: expect.stringContaining('not UTF-8'),
      });
      expect(existsSync(ran)).toBe(false);
    });

    it.each([
      ['by the config', 'cat evil >> .git/config'],
      [
        'by config that is there for the import alone',
        `mv evil .git/evil; printf '[includeIf "gitdir:**/bgr-import-*/**"]\\n\\tpath = evil\\n' >> .git/config`,
      ],
    ])('runs no filter while a split index is made whole: %s', async (how, script) => {
      const ran = join(bench.directory, 'ran-while-joining');
      const path = await bench.repository(
        `split ${how}`,
        // Files newer than the index are those that git reads once more when it writes it.
        `printf 'a.txt filter=evil\\n' > .git/info/attributes; touch -d '+1 hour' a.txt b.txt; git add a.txt b.txt
         git update-index --split-index; ls .git/sharedindex.*
         printf '[filter "evil"]\\n\\tclean = "touch ${ran}; cat"\\n' > evil; ${script}; rm -f evil`,
      );
      await bench.import(path);
      expect(existsSync(ran)).toBe(false);
    });
  },
);
