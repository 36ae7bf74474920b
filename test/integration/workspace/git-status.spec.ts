import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { foreignRepository } from './support/foreign-repository.js';
import { fingerprint, shell, state, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

/** Name and the bash script that makes it, on top of a repository with two commits. */
const CASES: [name: string, script: string, warnings?: RegExp][] = [
  ['clean', ''],
  [
    'staged, unstaged and both',
    'echo s >> a.txt; git add a.txt; echo u >> a.txt; echo u >> b.txt; echo n > new; git add new; echo x > dir/c.txt; git add dir',
  ],
  [
    'untracked and ignored',
    'printf "*.log\\nout/\\n" > .gitignore; mkdir out; echo x > out/x; echo x > x.log; echo y > y; mkdir -p deep/er; echo z > deep/er/z; mkdir empty',
  ],
  ['rename, staged and not', 'git mv a.txt z.txt; mv b.txt y.txt; git add -N y.txt'],
  ['deleted, staged and not', 'git rm -q a.txt; rm b.txt; git rm -q --cached dir/c.txt'],
  ['modes', 'chmod +x a.txt; git add a.txt; chmod +x b.txt'],
  ['modes ignored', 'git config core.fileMode false; chmod +x a.txt'],
  [
    'links',
    'ln -s /etc/passwd abs; ln -s ../../outside rel; ln -s nowhere dangling; git add abs; ln -sf a.txt b.txt; ln -s dir linkdir',
  ],
  [
    'binary and empty',
    'head -c 70000 /dev/urandom > bin; : > empty; git add bin; printf "\\0\\1\\2" >> bin; : > none',
  ],
  [
    'names',
    `printf x > "new
line"; printf x > 'quo"te'; printf x > "ap'os"; printf x > ' sp ace '; printf x > $'by\\xffte\\x80'; printf x > $'t\\tab'; printf x > 'back\\slash'; printf x > -dash; printf x > ':colon'; printf x > '*'; git add -- ' sp ace ' $'by\\xffte\\x80'; printf y > $'by\\xffte\\x80'`,
  ],
  [
    'intent to add',
    'echo n > new; git add -N new; : > void; git add -N void; : > empty; git add empty; rm empty',
  ],
  ['file becomes directory', 'rm a.txt; mkdir a.txt; echo x > a.txt/inner; rm -r dir; echo file > dir'],
  ['directory becomes a link', 'mv dir elsewhere; ln -s elsewhere dir'],
  ['staged file under a removed directory', 'mkdir d2; echo 1 > d2/f; git add d2; rm -r d2'],
  ['assume-unchanged', 'git update-index --assume-unchanged a.txt; echo hidden >> a.txt'],
  ['skip-worktree', 'git update-index --skip-worktree b.txt; rm b.txt'],
  ['detached', 'git checkout -q HEAD~1; echo x >> a.txt'],
  ['branch with slashes', 'git checkout -q -b feature/x-1/y; echo x >> a.txt'],
  [
    'conflict',
    'git checkout -q -b other HEAD~1; echo theirs >> a.txt; git rm -q b.txt; git commit -q -am theirs; git checkout -q main; echo ours >> b.txt; git commit -q -am ours; git merge -q other >/dev/null || true',
    /conflicts/,
  ],
  [
    'conflict, both sides gone',
    'git checkout -q -b other; git mv a.txt x.txt; git commit -q -m x; git checkout -q main; git mv a.txt y.txt; git commit -q -m y; git merge -q other > /dev/null || true',
    /conflicts/,
  ],
  ['sparse checkout', 'git sparse-checkout set --cone dir >/dev/null 2>&1; echo x >> dir/c.txt'],
  [
    'sparse checkout by patterns',
    `git sparse-checkout set --no-cone '/b.txt' >/dev/null 2>&1; echo x >> b.txt; echo n > new`,
  ],
  ['excludes of the repository', 'echo "*.secret" > .git/info/exclude; echo x > a.secret; echo y > shown'],
  [
    'attributes',
    'printf "*.txt text eol=crlf\\n" > .gitattributes; git add .gitattributes; rm a.txt; git checkout -q a.txt; echo "b.txt -diff" > .git/info/attributes',
  ],
  [
    'autocrlf',
    'git config core.autocrlf true; rm a.txt; git checkout -q a.txt; printf "new\\r\\n" > n.txt; git add n.txt 2>/dev/null',
  ],
  ['untracked not shown', 'git config status.showUntrackedFiles no; echo x > x'],
  ['no renames', 'git config status.renames false; git mv a.txt z.txt'],
  ['split index', 'git update-index --split-index; echo x > new; git add new; echo y >> a.txt'],
  ['index version 4', 'git update-index --index-version 4; echo x > new; git add new; echo y >> a.txt'],
  ['packed', 'git gc -q; git pack-refs --all; echo y >> a.txt'],
  ['touched but same', 'touch -d 2001-01-01 a.txt; chmod 600 b.txt'],
  [
    'filter',
    `printf '*.big filter=up\\n' > .gitattributes; git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr A-Z a-z'; git config filter.up.required true; echo large > x.big; touch -d yesterday x.big; git add .; git commit -q -m big; echo y >> a.txt`,
    /filters/,
  ],
  [
    'hooks and fsmonitor',
    `mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch "$(git rev-parse --show-toplevel)/HOOK"\\n' > .git/hooks/post-index-change; chmod +x .git/hooks/post-index-change; cp .git/hooks/post-index-change .git/hooks/fsm; git config core.fsmonitor "$PWD/.git/hooks/fsm"; echo y >> a.txt; rm -f HOOK`,
  ],
  [
    'a repository inside',
    'git init -q inner; (cd inner; echo x > x; git add x; git commit -q -m inner); git init -q "in ner/deep"; echo y > y',
    /inside the repository/,
  ],
];

describe.skipIf(reason !== undefined)(
  `git status in the guest${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    beforeAll(async () => {
      bench = await WorkspaceBench.start();
    });
    afterAll(() => bench.stop());
    afterEach(() => expect(bench.leftovers).toEqual([]));

    const never = new AbortController().signal;

    async function imported(path: string) {
      const before = fingerprint(path);
      const view = await bench.import(path);
      expect(fingerprint(path)).toBe(before);
      return view;
    }

    it.each(CASES)('agrees: %s', async (name, script, warnings) => {
      const path = await bench.repository(`repo ${name}`, script);
      const view = await imported(path);
      expect(state(view.guestPath)).toEqual(state(path));
      if (warnings === undefined) expect(view.warnings).toEqual([]);
      else expect(view.warnings.join('\n')).toMatch(warnings);
      expect(
        shell(view.guestPath, 'git fsck --strict 2>&1 >/dev/null; ls .git/hooks 2>/dev/null || true'),
      ).toBe('');
      expect(shell(view.guestPath, 'git config user.email')).toBe('host@example.com\n');
    });

    it.each([
      ['empty repository', ''],
      ['no commit, files staged and not', 'echo a > a; git add a; echo b >> a; echo c > c'],
      ['no commit on another branch', 'git symbolic-ref HEAD refs/heads/topic/first; echo a > a'],
      ['one commit', 'echo a > a; git add a; git commit -q -m only'],
      [
        'sha256',
        'rm -rf .git; git init -q --object-format=sha256 -b main .; git config user.email host@example.com; echo a > a; git add a; git commit -q -m x; echo b > b; rm a',
      ],
      [
        'shallow',
        'git init -q --bare ../origin.git; git init -q ../src; (cd ../src; for i in 1 2 3; do echo $i > f; git add f; git commit -q -m $i; done); rm -rf .git; git clone -q --depth 2 "file://$PWD/../src" tmp; mv tmp/.git .; git checkout -q -f; rm -rf tmp; git config user.email host@example.com; echo x >> f',
      ],
    ])('agrees: %s', async (name, script) => {
      const path = await bench.repository(`repo ${name}`, script, { empty: true });
      const view = await imported(path);
      expect(state(view.guestPath)).toEqual(state(path));
      expect(view.warnings).toEqual([]);
    });

    it('keeps submodules as they are in the index, without content', async () => {
      const inner = await bench.repository('sub origin', '');
      const path = await bench.repository(
        'with submodule',
        `git -c protocol.file.allow=always submodule add -q "${inner}" sub; git commit -q -m sub; git -c protocol.file.allow=always submodule add -q "${inner}" staged; echo y >> a.txt`,
      );
      const view = await imported(path);
      expect(state(view.guestPath)).toEqual(state(path));
      expect(view.warnings.join()).toMatch(/content of submodules is not imported: staged, sub/);
    });

    it('imports a submodule, a .git kept elsewhere and what links lead to as repositories of their own', async () => {
      const inner = await bench.repository('inner origin', '');
      const path = await bench.repository(
        'places',
        `git -c protocol.file.allow=always submodule add -q "${inner}" sub; git init -q --separate-git-dir=../kept apart
         ln -s sub link; echo x > sub/new; echo y > apart/new; mkdir -p sub/dir/deep; ln -s sub/dir/deep deep`,
      );
      for (const [given, top] of [
        ['sub', 'sub'],
        ['link', 'sub'],
        ['deep', 'sub'],
        ['apart', 'apart'],
      ]) {
        const { view } = await bench.importer.inspect({ path: `${path}/${given}` }, never);
        expect(view.hostPath, given).toBe(`${path}/${top}`);
      }
      const { guestPath } = await imported(`${path}/sub`);
      expect(state(guestPath)).toEqual(state(`${path}/sub`));
    });

    async function partialClone(name: string, option: string, script: string): Promise<string> {
      const origin = await bench.repository(
        `origin of ${name}`,
        'git config uploadpack.allowFilter true; mkdir other; echo 4 > other/d.txt; git add .; git commit -q -m third',
      );
      const path = `${bench.directory}/${name}`;
      shell(
        bench.directory,
        `set -e; git clone -q --filter=blob:none ${option} "file://${origin}" "${path}"; cd "${path}"
         git config user.email host@example.com; ${script}`,
      );
      return path;
    }

    it.each([
      ['everything', '', 'echo x >> a.txt', false],
      [
        'sparse',
        '--sparse',
        'git sparse-checkout set dir 2>/dev/null; echo x >> dir/c.txt; echo n > n',
        true,
      ],
    ])(
      'imports a partial clone, in which the guest can go on working: %s',
      async (how, option, script, lacks) => {
        const path = await partialClone(`partial ${how}`, option, script);
        const { guestPath, warnings } = await imported(path);
        expect(warnings.join().includes('has not fetched')).toBe(lacks);
        expect(state(guestPath)).toEqual(state(path));
        shell(
          guestPath,
          `set -e; git fsck --strict; echo y > a.txt; git add a.txt; git commit -q -m work; echo z > a.txt
         git stash -q; git stash pop -q; git checkout -q -b side; git gc -q`,
        );
        expect(shell(guestPath, 'git show --format=%s --name-only side')).toBe('work\n\na.txt\n');
      },
    );

    it.each([
      [
        'a file where none was checked out',
        '--sparse',
        'mkdir other; echo mine > other/d.txt',
        /other\/d.txt$/,
      ],
      ['no checkout', '-n', 'git reset -q', /a.txt and 3 more$/],
    ])('refuses a partial clone that lacks what git status needs: %s', async (how, option, script, why) => {
      const path = await partialClone(`lacking by ${how}`, option, script);
      await expect(bench.importer.inspect({ path }, never)).rejects.toMatchObject({
        kind: 'WORKSPACE_PATH_INVALID',
        why: expect.stringMatching(why),
        fix: expect.stringContaining('git diff > /dev/null'),
      });
      shell(path, 'git diff > /dev/null');
      const { guestPath } = await imported(path);
      expect(state(guestPath)).toEqual(state(path));
    });

    it('imports a linked working tree with its own branch and index', async () => {
      const main = await bench.repository(
        'main tree',
        'echo staged > s; git add s; echo "*.o" > .git/info/exclude',
      );
      shell(
        main,
        'git worktree add -q -b side "../linked tree"; cd "../linked tree"; echo x > new; git add new; echo y >> a.txt; touch a.o',
      );
      const path = `${bench.directory}/linked tree`;
      const before = fingerprint(main);
      const view = await imported(path);
      expect(fingerprint(main)).toBe(before);
      expect(view.branch).toBe('side');
      expect(state(view.guestPath)).toEqual(state(path));
    });

    it('imports the whole repository for a subdirectory, and works there', async () => {
      const path = await bench.repository('sub directory', 'mkdir -p "dir/no files"; echo x >> a.txt');
      const view = await bench.import(`${path}/dir/no files`);
      expect(view).toMatchObject({
        hostPath: path,
        workingDirectory: `${bench.guestBase}/sub directory/dir/no files`,
      });
      expect(shell(view.workingDirectory, 'pwd')).toBe(`${view.workingDirectory}\n`);
      expect(state(view.guestPath)).toEqual(state(path));
    });

    it('brings the bytes, modes and links of the working tree', async () => {
      const path = await bench.repository(
        'bytes',
        `head -c 3000000 /dev/urandom > new.bin; chmod 755 new.bin; ln -s 'a b' link; printf 'x\\n' > $'\\xfe'`,
      );
      const view = await imported(path);
      execFileSync('diff', ['-r', '--no-dereference', '--exclude=.git', path, view.guestPath]);
      expect(shell(view.guestPath, 'stat -c "%a %F" new.bin link')).toBe(
        '755 regular file\n777 symbolic link\n',
      );
      expect(shell(view.guestPath, 'git log --oneline | wc -l; git rev-parse --is-shallow-repository')).toBe(
        '1\ntrue\n',
      );
    });

    it.each(['rxjs', 'pino'])('agrees for a library that nobody here wrote: %s', async (library) => {
      const path = await foreignRepository(bench, library);
      shell(
        path,
        'git mv package.json moved.json; rm README.md; echo x >> LICENSE* || true; mkdir -p new; cp -r dist new/ 2>/dev/null || cp *.js new/',
      );
      const view = await imported(path);
      expect(state(view.guestPath)).toEqual(state(path));
      execFileSync('diff', ['-r', '--no-dereference', '--exclude=.git', path, view.guestPath]);
    });

    it('lets the guest go on working: commit, branch, stash', async () => {
      const path = await bench.repository('go on', 'echo x >> a.txt; echo n > n');
      const view = await imported(path);
      shell(
        view.guestPath,
        'git stash -q -u; git stash pop -q; git checkout -q -b work; git add -A; git commit -q -m work',
      );
      expect(shell(view.guestPath, 'git log --format=%s%n%ae')).toContain('work\n');
    });
  },
);
