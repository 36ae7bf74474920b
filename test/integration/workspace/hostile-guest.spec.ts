import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmWorkspaceView } from '../../../src/contract/index.js';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { exportWork } from './support/exporting.js';
import { copyingDelta, HostileGuest, rawPack, treeEntries } from './support/hostile-guest.js';
import { fingerprint, shell, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

const LIMITS = {
  packBytes: 2 * 1024 ** 2,
  objectBytes: 16 * 1024 ** 2,
  treeBytes: 6 * 1024 ** 2,
  commitBytes: 64 * 1024,
  unpackedBytes: 64 * 1024 ** 2,
  namesBytes: 64 * 1024,
  memoryBytes: 48 * 1024 ** 2,
  totalMs: 30_000,
};

/** A guest whose root wants the host harmed: everything that it can send, it sends. */
describe.skipIf(reason !== undefined)(`a hostile guest${reason === undefined ? '' : `: ${reason}`}`, () => {
  let bench: WorkspaceBench;
  let guest: HostileGuest;
  let workspace: VmWorkspaceView;
  let path: string;
  let base: string;
  beforeAll(async () => {
    bench = await WorkspaceBench.start(LIMITS);
    guest = await HostileGuest.start(bench);
    path = await bench.repository('host', '');
    workspace = await bench.import(path);
    base = shell(path, 'git rev-parse HEAD').trim();
  });
  afterEach(() => expect(bench.leftovers).toEqual([]));
  afterAll(async () => {
    await guest.stop();
    await bench.stop();
  });

  async function expectRefused(refusal: object, incoming = bench.incoming): Promise<void> {
    const before = fingerprint(path);
    await expect(exportWork(bench, workspace, { ssh: guest.ssh, incoming })).rejects.toMatchObject(refusal);
    expect(fingerprint(path)).toBe(before);
  }

  const REFUSED = { kind: 'WORKSPACE_WORK_REFUSED' };

  /** A commit with one entry beside a good one. */
  function sayEntry(mode: string, name: string, content = 'x'): void {
    const blob = guest.blob(content);
    const ids = [blob];
    let id = blob;
    if (mode === '40000') {
      id = guest.tree(['100755', 'post-checkout', blob]);
      ids.push(id);
    }
    const tree = guest.tree([mode, name, id]);
    const head = guest.commit(tree, base);
    guest.says({ head, pack: guest.pack([...ids, tree, head]) });
  }

  it('gets in with what is good, so that the rest is refused for what it is', async () => {
    sayEntry('100644', 'good');
    expect((await exportWork(bench, workspace, { ssh: guest.ssh })).plan.outcome).toBe('created');
    shell(path, 'git branch -D banger/web');
  });

  it.each([
    ['40000', '.git'],
    ['40000', '.GIT'],
    ['40000', '.gIt'],
    ['40000', 'git~1'],
    ['40000', '.git\u00e2\u0080\u008c'],
    ['40000', '.git '],
    ['40000', '..'],
    ['40000', '.'],
    ['100644', 'a/b'],
    ['100644', '../../etc/cron.d/x'],
    ['100644', ''],
    ['120000', '.git'],
    ['120000', '.gitmodules'],
  ])('gets no file in whose name leads elsewhere: %s %j', async (mode, name) => {
    sayEntry(mode, name);
    await expectRefused(REFUSED);
  });

  it.each([
    ['a url that is an option', '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n'],
    ['a path that is an option', '[submodule "x"]\n\tpath = -x\n\turl = https://example.com/x\n'],
    ['a name that leads elsewhere', '[submodule "../../x"]\n\tpath = x\n\turl = https://example.com/x\n'],
  ])('gets no submodule in with %s', async (_what, modules) => {
    sayEntry('100644', '.gitmodules', modules);
    await expectRefused(REFUSED);
  });

  it('gets no two entries of one name in, one of them a link to walk through', async () => {
    const blob = guest.blob('/etc');
    const inner = guest.tree(['100644', 'passwd', blob]);
    const tree = guest.tree(['120000', 'a', blob], ['40000', 'a', inner]);
    const head = guest.commit(tree, base);
    guest.says({ head, pack: guest.pack([blob, inner, tree, head]) });
    await expectRefused(REFUSED);
  });

  it.each<[string, () => void]>([
    ['is cut off', () => sayPack((pack) => pack.subarray(0, pack.length - 25))],
    [
      'has one bit changed',
      () => sayPack((pack) => Buffer.from(pack.map((b, i) => (i === pack.length - 30 ? b ^ 1 : b)))),
    ],
    [
      'lies about the length of an object',
      () => sayRaw([{ type: 3, size: 1_000_000, data: Buffer.from('short') }]),
    ],
    [
      'lies about how short an object is',
      () => sayRaw([{ type: 3, size: 2, data: Buffer.alloc(100_000, 1) }]),
    ],
    ['says that it has more objects', () => sayRaw([{ type: 3, data: Buffer.from('one') }], 2)],
    [
      'says that it has four billion objects',
      () => sayRaw([{ type: 3, data: Buffer.from('one') }], 0xffffffff),
    ],
    [
      'has a delta that reads beyond its base',
      () => sayRaw([{ type: 7, base: guest.blob('tiny'), data: copyingDelta(60_000, 2) }]),
    ],
    [
      'has a delta against nothing',
      () => sayRaw([{ type: 7, base: 'ab'.repeat(20), data: copyingDelta(60_000, 2) }]),
    ],
    [
      'is none',
      () => guest.says({ head: base, pack: Buffer.from('not a pack at all, but long enough to be one') }),
    ],
    ['is empty', () => guest.says({ head: base, pack: Buffer.alloc(0) })],
  ])('is refused with a pack that %s', async (_what, say) => {
    say();
    await expectRefused(REFUSED);
  });

  function sayPack(change: (pack: Buffer) => Buffer): void {
    const blob = guest.blob('some content, and more of it');
    const tree = guest.tree(['100644', 'f', blob]);
    const head = guest.commit(tree, base);
    guest.says({ head, pack: change(guest.pack([blob, tree, head])) });
  }

  function sayRaw(objects: Parameters<typeof rawPack>[0], count?: number): void {
    guest.says({ head: base, pack: rawPack(objects, count) });
  }

  it('says things behind its pack that nobody listens to', async () => {
    sayPack((pack) => Buffer.concat([pack, Buffer.alloc(100_000, 'rubbish')]));
    expect((await exportWork(bench, workspace, { ssh: guest.ssh })).plan.outcome).toBe('created');
    shell(path, 'git fsck --strict; git branch -D banger/web');
  });

  it.each<[string, () => { head?: string; tree?: string; pack?: Buffer }]>([
    ['commit is a tree', () => ({ head: shell(path, 'git rev-parse HEAD^{tree}').trim() })],
    ['commit is a file', () => ({ head: shell(path, 'git rev-parse HEAD:a.txt').trim() })],
    ['tree is a commit', () => ({ head: base, tree: base })],
    ['tree is a file', () => ({ head: base, tree: shell(path, 'git rev-parse HEAD:a.txt').trim() })],
    ['commit is nowhere', () => ({ head: 'cd'.repeat(20) })],
    ['tree is nowhere', () => ({ head: base, tree: 'cd'.repeat(20) })],
  ])('is refused when its %s', async (what, answer) => {
    guest.says(answer());
    // By the check that is for it, not by a git that fails over it later.
    const why = what.endsWith('nowhere') ? 'bad object' : 'what should be a';
    await expectRefused({ ...REFUSED, why: expect.stringContaining(why) });
  });

  it('is refused when objects are missing', async () => {
    const tree = guest.tree(['100644', 'f', 'ef'.repeat(20)]);
    const head = guest.commit(tree, base);
    guest.says({ head, pack: guest.pack([tree, head]) });
    await expectRefused(REFUSED);
  });

  it.each([
    ['has no end', 'yes'],
    ['is too long', 'printf "banger-work 1\\nhead "; head -c 9000 /dev/zero | tr "\\0" a; printf "\\n\\n"'],
    ['is another', 'printf "banger-work 2\\nhead \\nbranch \\ntree \\ninner 0\\n\\n"; cat >/dev/null'],
    [
      'has an option for a commit',
      'printf "banger-work 1\\nhead --all\\nbranch \\ntree \\ninner 0\\n\\n"; cat >/dev/null',
    ],
  ])('is refused with a header that %s', async (_what, script) => {
    guest.runs(script);
    await expectRefused(REFUSED);
  });

  it('gives its branch no name that writes to a terminal', async () => {
    guest.says({ head: base, branch: 'refs/heads/\u001b]0;owned\u0007' });
    const { work } = await exportWork(bench, workspace, { ssh: guest.ssh });
    expect(work.branch).toBeUndefined();
  });

  /** One file of a tebibyte, of what does not compress; its first bytes. */
  function sayEndless(rest: string): void {
    const pack = rawPack([{ type: 3, size: 2 ** 40, data: Buffer.alloc(0) }]).subarray(0, 12 + 7);
    guest.says({ head: base, pack });
    guest.runs(`block() { printf '\\x00\\xff\\xff\\x00\\x00'; }; cat bytes; printf '\\x78\\x01'; ${rest}`);
  }

  it('is refused when it sends without end', async () => {
    sayEndless('while :; do block; head -c 65535 /dev/zero; done');
    await expectRefused({ ...REFUSED, why: expect.stringContaining('exceeds maximum') });
  });

  const expectTimeout = (): Promise<void> => {
    const incoming = bench.incomingWithin({ ...LIMITS, totalMs: 1500 });
    return expectRefused({ kind: 'TIMEOUT', details: { limitMs: 1500 } }, incoming);
  };

  it.each([
    ['says nothing', 'sleep 5'],
    ['says half of it', 'printf "banger-work 1\\nhead"; sleep 5'],
  ])('is bounded: waited for no longer when it %s', async (_what, script) => {
    guest.runs(script);
    await expectTimeout();
  });

  it('is bounded: waited for no longer when it sends a byte now and then', async () => {
    sayEndless('block; while sleep 0.2; do printf x; done');
    await expectTimeout();
  });

  it('is bounded: refused with a file that is too large', async () => {
    const blob = guest.blob(Buffer.alloc(LIMITS.objectBytes + 1));
    const tree = guest.tree(['100644', 'f', blob]);
    const head = guest.commit(tree, base);
    guest.says({ head, pack: guest.pack([blob, tree, head]) });
    await expectRefused({ ...REFUSED, why: expect.stringContaining('are taken') });
  });

  it('is bounded: refused with files that are too large together', async () => {
    const names = 'abcde'.split('');
    const blobs = names.map((text) => guest.blob(Buffer.alloc(15 * 1024 ** 2, text)));
    const tree = guest.tree(...blobs.map((id, index) => ['100644', names[index] ?? '', id] as const));
    const head = guest.commit(tree, base);
    guest.says({ head, pack: guest.pack([...blobs, tree, head]) });
    await expectRefused({ ...REFUSED, why: expect.stringContaining('unpacked') });
  });

  it('is bounded: refused with a commit or a tree that is too large, which git holds in memory', async () => {
    const blob = guest.blob('x');
    const many = guest.tree(...numbered(110_000, blob, 40));
    const large = guest.commit(many, base);
    guest.says({ head: large, pack: guest.pack([blob, many, large]) });
    await expectRefused({ ...REFUSED, why: expect.stringContaining('a tree of it has 7 MiB') });
    const tree = guest.tree(['100644', 'f', blob]);
    const head = guest.commit(tree, base, 'long\n'.repeat(100_000));
    guest.says({ head, pack: guest.pack([blob, tree, head]) });
    await expectRefused({ ...REFUSED, why: expect.stringContaining('a commit of it has') });
  });

  it('is bounded: takes no more memory for large trees that are within one another', async () => {
    let id = guest.blob('x');
    const entries = treeEntries(numbered(110_000, id));
    const ids = [id];
    for (let depth = 0; depth < 15; depth += 1) {
      id = guest.treeOf(entries, [depth === 0 ? '100644' : '40000', 'z', id]);
      ids.push(id);
    }
    const head = guest.commit(id, base);
    guest.says({ head, pack: guest.pack([...ids, head], 10) });
    await expectRefused({
      ...REFUSED,
      why: expect.stringMatching(/memory|malloc/i),
      cause: { details: { args: expect.arrayContaining(['rev-list']) } },
    });
  });

  function numbered(count: number, blob: string, width = 7): ['100644', string, string][] {
    return Array.from({ length: count }, (_, index) => ['100644', String(index).padStart(width, '0'), blob]);
  }

  it('is bounded: takes no more memory for a file that unpacks to many times itself', async () => {
    const size = 0xffffff;
    const bomb = { type: 7, base: guest.blob(Buffer.alloc(size)), data: copyingDelta(size, 40) };
    sayRaw([{ type: 3, data: Buffer.alloc(size) }, bomb]);
    await expectRefused({ ...REFUSED, why: expect.stringMatching(/memory|malloc/i) });
  });

  it('is bounded: refused with few small trees that name many files', async () => {
    let id = guest.blob('x');
    const ids = [id];
    for (let depth = 0; depth < 5; depth += 1) {
      const mode = depth === 0 ? '100644' : '40000';
      id = guest.tree(...Array.from('0123456789', (name) => [mode, name, id] as const));
      ids.push(id);
    }
    const head = guest.commit(id, base);
    guest.says({ head, pack: guest.pack([...ids, head]) });
    await expectRefused({ ...REFUSED, why: expect.stringContaining('the names of its files') });
  });
});
