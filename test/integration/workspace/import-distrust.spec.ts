import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NodeProcessRunner } from '../../../src/core/process/index.js';
import { parseConfig } from '../../../src/workspace/git/git-listing.js';
import { Git } from '../../../src/workspace/git/git.js';
import { readInfoFiles } from '../../../src/workspace/repository/info-files.js';
import { WorkspaceFiles } from '../../../src/workspace/repository/workspace-files.adapter.js';
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
    const never = new AbortController().signal;
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

    const hosts = 'echo private-line > ../private;';
    it.each([
      ['core.excludesFile', `git config core.excludesFile "$PWD/../private"`, 'core.excludesfile'],
      ['core.attributesFile', `git config core.attributesFile ../private`, 'core.attributesfile'],
      [
        'core.excludesFile of its own include',
        `printf '[core]\\n\\texcludesFile = %s\\n' "$PWD/../private" > .git/more; git config include.path more`,
        'core.excludesfile',
      ],
      ['a linked exclude', 'ln -sf ../../../private .git/info/exclude', 'info/exclude'],
      ['linked attributes', 'ln -s ../../../private .git/info/attributes', 'info/attributes'],
      [
        'a linked sparse-checkout',
        'git config core.sparseCheckout true; ln -s ../../../private .git/info/sparse-checkout',
        'info/sparse-checkout',
      ],
      [
        'a linked info',
        'mkdir ../infos; cp ../private ../infos/exclude; rm -r .git/info; ln -s ../../infos .git/info',
        'info/exclude',
      ],
    ])('reads no file of the host that the repository leads to: %s', async (name, script, unread) => {
      const path = await bench.repository(`leads by ${name}`, `${hosts} ${script}`);
      const view = await bench.import(path);
      expect(shell(view.guestPath, 'grep -r private-line .git || true')).toBe('');
      expect(view.warnings).toEqual([`not read, since it could lead to any file of the host: ${unread}`]);
    });

    it('reads the files that the owner of the repository names in a config of their own', async () => {
      const home = await bench.repository(
        'home',
        `printf '[core]\\n\\texcludesFile = ~/ignored\\n' > .gitconfig; echo '*.o' > real; ln -s real ignored
         mkdir -p .config/git; echo '*.png binary' > .config/git/attributes`,
      );
      const top = await bench.repository('owned by somebody with a home', '');
      const git = new Git(new NodeProcessRunner(), top, { home });
      const config = parseConfig(
        await git.run(['config', '--list', '-z', '--show-scope'], { signal: never }),
      );
      const directories = { gitDirectory: `${top}/.git`, commonDirectory: `${top}/.git` };
      const repository = { git, top, ...directories, subdirectory: '', objectFormat: 'sha1' };
      const info = await readInfoFiles(repository, new WorkspaceFiles(bench.scratchParent), config, never);
      expect(info.exclude.toString()).toMatch(/^\*\.o\n/);
      expect(info.globalAttributes.toString()).toBe('*.png binary\n');
      expect(info.unread).toEqual([]);
    });
  },
);
