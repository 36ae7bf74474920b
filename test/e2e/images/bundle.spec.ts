import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ImageDetails, ImagePruneView } from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';

let maker: TestHost;
let user: TestHost;
beforeEach(async () => {
  maker = await TestHost.create();
  user = await TestHost.create(null);
});
afterEach(async () => {
  for (const host of [maker, user]) {
    await host.assertClean();
    await host.close();
  }
});

/** What the state directory really takes; `bytes` */
function taken(host: TestHost): number {
  return Number(execFileSync('du', ['-s', '-B1', host.stateDirectory]).toString().split('\t')[0]);
}

it('an image goes by its file to a banger that has nothing, where VMs start from it, and the room comes back', async () => {
  const shelf = join(maker.directory, 'shelf');
  chmodSync(maker.directory, 0o755);
  mkdirSync(shelf);
  const exported = await maker.banger(['image', 'export', 'debian'], { cwd: shelf });
  expect(exported, exported.stderr).toMatchObject({ exitCode: 0 });
  expect(readdirSync(shelf)).toEqual(['debian.banger.tar.zst']);
  const file = join(shelf, 'debian.banger.tar.zst');
  const there = await maker.json<ImageDetails>(['image', 'show', 'debian']);

  expect(await user.json(['image', 'list'])).toEqual([]);
  const here = await user.json<ImageDetails>(['image', 'import', file]);
  expect(here).toMatchObject({
    name: 'debian',
    source: { kind: 'import', reference: 'debian.banger.tar.zst' },
  });
  if (there.digest !== '') expect(here.source?.digest).toBe(there.digest);
  const run = await user.banger([
    'vm',
    'run',
    '--rm',
    '--memory',
    '256m',
    '--',
    'sh',
    '-c',
    'id -un && ls -A /root',
  ]);
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  expect(run.stdout).toMatch(/^root\n/);

  // the same by way of a catalog, as a team has one
  const key = join(maker.directory, 'team.key');
  const { publicKey } = await maker.json<{ publicKey: string }>(['image', 'catalog', 'key', key]);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  await maker.json(['image', 'catalog', 'sign', shelf, '--key', key]);
  const pulled = await user.json<ImageDetails>(
    ['image', 'pull', 'debian', '--name', 'team', '--catalog', './shelf', '--public-key', publicKey],
    { cwd: maker.directory },
  );
  expect(pulled).toMatchObject({
    name: 'team',
    source: { kind: 'catalog', digest: here.source?.digest },
  });
  expect(pulled.sharedBytes).toBeGreaterThan(0.9 * pulled.allocatedBytes);

  expect(await user.json(['image', 'prune', '--dry-run'])).toEqual([]);
  const shared = await user.json<ImagePruneView>(['image', 'prune', '--all', '--force']);
  expect(shared.pruned).toMatchObject([{ kind: 'image', name: 'team' }]);
  // what work disks begin as is its own
  expect(shared.freedBytes).toBeLessThan(0.1 * pulled.allocatedBytes);
  const forced = await user.json<ImageDetails>(['image', 'import', file, '--name', 'mine']);
  expect((await user.banger(['image', 'delete', 'debian'])).exitCode).toBe(0);
  const before = taken(user);
  const all = await user.json<ImagePruneView>(['image', 'prune', '--all', '--force']);
  expect(all.pruned).toMatchObject([{ name: 'mine' }]);
  expect(all.freedBytes).toBeGreaterThan(0.9 * forced.allocatedBytes);
  expect(Math.abs(before - taken(user) - all.freedBytes)).toBeLessThan(1 << 20);
});
