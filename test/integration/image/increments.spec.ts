import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../src/core/ids.js';
import { StepCache } from '../../../src/image/steps/step-cache.js';
import { ImageSites } from '../../../src/image/store/image-sites.js';
import { ImageStore } from '../../../src/image/store/image-store.js';
import { Trees } from '../../../src/image/tree/trees.js';
import type { Tree } from '../../../src/image/tree/trees.js';
import { Random } from '../../fuzz/rpc/random.js';
import { ImageHost } from './support.js';

let host: ImageHost;
let empty: string;

beforeAll(async () => {
  host = await ImageHost.open();
  empty = mkdtempSync(join(tmpdir(), 'bgr-empty-'));
  execFileSync('chmod', ['755', empty]);
  mkdirSync(join(empty, 'root'));
  execFileSync('tar', ['-C', join(empty, 'root'), '-cf', join(empty, 'empty.tar'), '.']);
});
afterAll(async () => {
  await host.close();
  rmSync(empty, { recursive: true });
});

const NAMES = ['a', 'b', 'c d', 'e\nf', 'é', '-g', '*'];
const KINDS = ['file', 'directory', 'remove', 'move', 'link', 'symlink', 'mode', 'owner', 'content'] as const;

/** Whatever programs do to a tree; what cannot be done is left. */
const MUTATE = `cd "$1"
shift 2
while [ $# -gt 0 ]; do
  case $1 in
    file) echo "$3" > "./$2" ;;
    directory) mkdir "./$2" ;;
    remove) rm -rf "./$2" ;;
    move) mv -T "./$2" "./$3" ;;
    link) ln "./$2" "./$3" ;;
    symlink) ln -s "$2" "./$3" ;;
    mode) chmod 4711 "./$2" ;;
    owner) chown -h 7:8 "./$2" ;;
    content) [ ! -f "./$2" ] || echo "$3" >> "./$2" ;;
  esac
  shift 3
done 2> /dev/null
exit 0`;

/** All that matters, but the times of directories: what is put into one comes after them. */
const DESCRIBE = `cd "$1"
find . \\( -type d -printf '%P\\t%y %m %U %G\\n' \\) -o -printf '%P\\t%y %m %U %G %n %l %T@\\n' | sort
find . -type f -exec sha256sum {} + | sort`;

function mutations(random: Random): string[] {
  const path = (): string => Array.from({ length: 1 + random.below(3) }, () => random.pick(NAMES)).join('/');
  return Array.from({ length: 1 + random.below(12) }, () => [random.pick(KINDS), path(), path()]).flat();
}

describe('what a step changed', () => {
  const cache = (): StepCache => host.app.get(StepCache, { strict: false });
  const trees = (): Trees => host.app.get(Trees, { strict: false });
  const never = new AbortController().signal;
  let ids: string[];

  beforeEach(() => {
    ids = [];
  });
  afterEach(async () => {
    for (const id of ids) await host.app.get(ImageStore, { strict: false }).withdraw(id);
    rmSync(cache().directory, { recursive: true, force: true });
    expect(await host.imageDirectory()).toEqual([]);
  });

  async function tree(): Promise<Tree> {
    const id = newId('img');
    ids.push(id);
    const directory = await host.app.get(ImageSites, { strict: false }).open(id);
    const made = await trees().make({ directory, signal: never, output: () => undefined });
    await trees().unpack(made, join(empty, 'empty.tar'));
    return made;
  }

  const describeTree = async (of: Tree): Promise<string> =>
    (await trees().over(of, DESCRIBE)).stdout.toString('latin1');
  const step = (number: number): string => String(number).padStart(64, '0');

  it.each([1, 2])('is the same when it is done again from what is kept (%i)', async (seed) => {
    const random = new Random(seed);
    const original = await tree();
    const copy = await tree();
    await cache().begin(original);
    for (let number = 0; number < 20; number += 1) {
      await trees().over(original, MUTATE, mutations(random));
      await cache().keep(original, step(number));
      const kept = await cache().find(step(number), never);
      await cache().apply(copy, kept ?? '');
      expect(await describeTree(copy), `step ${number}`).toBe(await describeTree(original));
    }
    expect((await describeTree(original)).split('\n').length).toBeGreaterThan(8);
  });

  it('keeps a file that has names in several directories one file, when one of these is moved', async () => {
    const original = await tree();
    const copy = await tree();
    await cache().begin(original);
    const scripts = ['cd "$1"; mkdir d; echo 1 > d/x; ln d/x y', 'cd "$1"; mv d e', 'cd "$1"; echo 2 >> e/x'];
    for (const [number, script] of scripts.entries()) {
      await trees().over(original, script);
      await cache().keep(original, step(number));
      await cache().apply(copy, (await cache().find(step(number), never)) ?? '');
      expect(await describeTree(copy), script).toBe(await describeTree(original));
    }
    expect(await describeTree(copy)).toMatch(/^y\tf 644 0 0 2 /m);
  });

  it('goes when there is too much, that of no use for longest first', async () => {
    const original = await tree();
    await cache().begin(original);
    const fill = async (number: number, maxBytes?: number): Promise<void> => {
      await trees().over(original, 'head -c 100000 /dev/urandom > "$1/x"');
      await cache().keep(original, step(number), maxBytes);
    };
    for (const number of [1, 2, 3]) await fill(number);
    const names = await readdir(cache().directory);
    for (const name of names) {
      const age = 1000 + Number(name.slice(0, 64));
      utimesSync(join(cache().directory, name), age, age);
    }
    await cache().find(step(1), never);
    await fill(4, 250_000);
    const left = (await readdir(cache().directory)).map((name) => Number(name.slice(0, 64)));
    expect(left.toSorted()).toEqual([1, 4]);
  });
});
