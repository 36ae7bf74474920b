import { chmod, lstat, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostDirectories } from '../../../src/host/index.js';
import { openHost } from './support/host-fixture.js';
import type { HostFixture } from './support/host-fixture.js';

const OWNER = { type: 'vm', id: 'vm_1' } as const;
const root = process.getuid?.() === 0;

describe('HostDirectories', () => {
  let host: HostFixture;
  let directories: HostDirectories;
  beforeEach(async () => {
    host = await openHost();
    directories = host.module.get(HostDirectories);
    await directories.prepareRoots();
  });
  afterEach(() => host.close());

  it('makes a directory in the ledger, twice without harm, and takes it away with what is in it', async () => {
    const path = host.config.vmDirectory('vm_1');
    await directories.make(path, { owner: OWNER, mode: 0o750 });
    await directories.make(path, { owner: OWNER, mode: 0o700 });
    await writeFile(join(path, 'disk'), 'x');
    expect(await modeOf(path)).toBe(0o700);
    expect((await host.ledger.list()).map(({ kind, key }) => [kind, key])).toEqual([['directory', path]]);
    await directories.release(path);
    await directories.release(path);
    expect(await readdir(host.config.vmsDirectory)).toEqual([]);
    expect(await host.ledger.list()).toEqual([]);
  });

  it('refuses a directory that belongs to another VM', async () => {
    const path = host.config.vmDirectory('vm_1');
    await directories.make(path, { owner: OWNER, mode: 0o700 });
    const other = { type: 'vm', id: 'vm_2' } as const;
    await expect(directories.make(path, { owner: other, mode: 0o700 })).rejects.toMatchObject({
      kind: 'INTERNAL',
    });
  });

  it('a directory that cannot be made leaves no row', async () => {
    const path = join(host.config.vmsDirectory, 'file', 'vm');
    await writeFile(join(host.config.vmsDirectory, 'file'), '');
    await expect(directories.make(path, { owner: OWNER, mode: 0o700 })).rejects.toThrow('EEXIST');
    expect(await host.ledger.list()).toEqual([]);
  });

  it('a link in the place of a directory is not followed', async () => {
    const outside = join(host.directory, 'outside');
    await mkdir(outside, { mode: 0o755 });
    await symlink(outside, host.config.vmDirectory('vm_1'));
    const made = directories.make(host.config.vmDirectory('vm_1'), { owner: OWNER, mode: 0o700 });
    await expect(made).rejects.toThrow('EEXIST');
    expect(await modeOf(outside)).toBe(0o755);
  });

  it('removes links instead of what they lead to', async () => {
    const outside = join(host.directory, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'precious'), 'x');
    const path = host.config.vmDirectory('vm_1');
    await mkdir(path);
    await symlink(outside, join(path, 'link'));
    await directories.remove(path);
    await symlink(outside, path);
    await directories.remove(path);
    await expect(lstat(path)).rejects.toThrow('ENOENT');
    expect(await readdir(outside)).toEqual(['precious']);
  });

  it('refuses to remove through a link that leads out, the roots themselves, and all outside of them', async () => {
    const outside = join(host.directory, 'outside');
    await mkdir(join(outside, 'precious'), { recursive: true });
    await symlink(outside, join(host.config.vmsDirectory, 'link'));
    const { stateDirectory, runtimeDirectory } = host.config.values;
    const refused = [
      join(host.config.vmsDirectory, 'link', 'precious'),
      stateDirectory,
      runtimeDirectory,
      outside,
      join(stateDirectory, '..', 'outside'),
      `${stateDirectory}-sibling`,
    ];
    for (const path of refused)
      await expect(directories.remove(path)).rejects.toMatchObject({ kind: 'INTERNAL' });
    expect(await readdir(outside)).toEqual(['precious']);
    expect(await readdir(stateDirectory)).not.toEqual([]);
  });

  it('works in a state directory that is itself reached by a link', async () => {
    const real = join(host.directory, 'real');
    await mkdir(real, { mode: 0o711 });
    const link = join(host.directory, 'linked');
    await symlink(real, link);
    const linked = await openHost({ stateDirectory: link });
    try {
      const path = linked.config.vmDirectory('vm_1');
      await linked.module.get(HostDirectories).make(path, { owner: OWNER, mode: 0o700 });
      await linked.module.get(HostDirectories).release(path);
      expect(await readdir(join(real, 'vms'))).toEqual([]);
    } finally {
      await linked.close();
    }
  });

  it.runIf(root)(
    'as root, gives the directory to the user of the VMM and lets that user walk to it',
    async () => {
      const path = host.config.vmRuntimeDirectory('vm_1');
      await directories.make(path, { owner: OWNER, mode: 0o700, uid: 780_000 });
      const { uid, gid } = await stat(path);
      expect([uid, gid]).toEqual([780_000, 780_000]);
      const { stateDirectory, runtimeDirectory } = host.config.values;
      for (const place of [
        stateDirectory,
        runtimeDirectory,
        join(runtimeDirectory, 'vm'),
        host.config.vmsDirectory,
      ]) {
        expect((await modeOf(place)) & 0o001, place).toBe(0o001);
      }
      expect(await modeOf(host.config.keysDirectory)).toBe(0o700);
    },
  );

  it.runIf(root)(
    'as root, refuses a state directory that VMMs cannot walk to, with the command that helps',
    async () => {
      await chmod(host.directory, 0o700);
      await expect(directories.prepareRoots()).rejects.toMatchObject({
        kind: 'STATE_DIR_UNUSABLE',
        details: { path: host.config.values.stateDirectory },
        fix: expect.stringContaining(`chmod o+x ${host.directory}`),
      });
    },
  );

  it('refuses a runtime directory that every user may write to', async () => {
    await chmod(host.config.values.runtimeDirectory, 0o777);
    await expect(directories.prepareRoots()).rejects.toMatchObject({
      kind: 'STATE_DIR_UNUSABLE',
      details: { path: host.config.values.runtimeDirectory },
    });
  });
});

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}
