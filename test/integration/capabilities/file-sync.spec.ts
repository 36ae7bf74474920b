import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSyncCapability } from '../../../src/capabilities/file-sync/file-sync.capability.js';
import { SyncFilesAdapter } from '../../../src/capabilities/file-sync/sync-files.adapter.js';
import type { SyncRule } from '../../../src/capabilities/file-sync/synced-file.js';
import type { Guest } from '../../../src/capabilities/capability.js';
import { plainConfig } from '../../support/fakes/test-config.js';

const VM = { id: 'vm_1', name: 'web', publishedPorts: [] };

let directory: string;
let host: string;
/** stands for the guest's file system: the guest's programs run here, on these paths */
let guest: string;
let warnings: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-sync-'));
  host = join(directory, 'host');
  guest = join(directory, 'guest');
  for (const path of [host, guest, join(directory, 'state/vms/vm_1')]) mkdirSync(path, { recursive: true });
  warnings = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs what the guest agent would run in a guest. */
const LOCAL: Guest = {
  exec: ([file = '', ...args], { stdin } = {}) =>
    new Promise((resolve) => {
      const child = spawn(file, args);
      const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
      child.stdout.on('data', (chunk: Buffer) => output.stdout.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => output.stderr.push(chunk));
      child.stdin.end(stdin);
      child.once('close', (code) =>
        resolve({
          exitCode: code ?? 1,
          stdout: Buffer.concat(output.stdout),
          stderr: Buffer.concat(output.stderr),
        }),
      );
    }),
  time: async () => Date.now(),
};

function capability(rules: readonly SyncRule[]): FileSyncCapability {
  const config = plainConfig('root', { stateDirectory: join(directory, 'state'), fileSync: rules });
  return new FileSyncCapability(config, new SyncFilesAdapter(config));
}

/** A start of the VM with these rules. */
async function start(rules: readonly SyncRule[], machine: Guest = LOCAL): Promise<void> {
  const one = capability(rules);
  if (!(await one.concerns(VM))) return;
  const signal = new AbortController().signal;
  await one.ready(VM, machine, { signal, warn: (message) => warnings.push(message) });
}

const memory = (): string => join(directory, 'state/vms/vm_1/synced-files.json');
const token = (): SyncRule => ({ from: join(host, 'token'), to: join(guest, 'root/.token') });
const inGuest = (path: string): string => readFileSync(join(guest, path), 'utf8');

describe('[[file_sync]]', () => {
  it('brings files with their permissions, anew at each start, and takes them away when they are listed no more', async () => {
    writeFileSync(join(host, 'token'), 's3cret', { mode: 0o600 });
    await start([token()]);
    expect(inGuest('root/.token')).toBe('s3cret');
    expect(statSync(join(guest, 'root/.token')).mode & 0o7777).toBe(0o600);
    expect(statSync(memory()).mode & 0o777).toBe(0o600);
    expect(readFileSync(memory(), 'utf8')).not.toContain('s3cret');
    writeFileSync(join(host, 'token'), 'newer');
    await start([{ ...token(), mode: '0440' }]);
    expect(inGuest('root/.token')).toBe('newer');
    expect(statSync(join(guest, 'root/.token')).mode & 0o7777).toBe(0o440);
    await start([]);
    expect([existsSync(join(guest, 'root/.token')), existsSync(memory())]).toEqual([false, false]);
    expect(warnings).toEqual([]);
    expect(await capability([]).concerns(VM)).toBe(false);
  });

  it('neither removes what was changed in the guest, nor what it did not put there', async () => {
    writeFileSync(join(host, 'token'), 'one');
    writeFileSync(join(host, 'other'), 'two');
    mkdirSync(join(guest, 'root'));
    writeFileSync(join(guest, 'root/mine'), 'mine');
    await start([token(), { from: join(host, 'other'), to: join(guest, 'root/other') }]);
    writeFileSync(join(guest, 'root/.token'), 'changed by the guest');
    rmSync(join(guest, 'root/other'));
    symlinkSync(join(guest, 'root/mine'), join(guest, 'root/other'));
    await start([]);
    expect([inGuest('root/.token'), inGuest('root/mine')]).toEqual(['changed by the guest', 'mine']);
    expect(warnings).toEqual([expect.stringContaining(`left there: ${join(guest, 'root/.token')}`)]);
    expect(existsSync(memory())).toBe(false);
  });

  it('warns of what is missing on the host, brings the rest, and keeps in the guest what was there before', async () => {
    writeFileSync(join(host, 'token'), 'one');
    const missing = { from: join(host, 'missing'), to: join(guest, 'root/missing') };
    await start([missing, token()]);
    expect(inGuest('root/.token')).toBe('one');
    expect(warnings).toEqual([`${missing.from} is not copied into the VM: it does not exist`]);
    rmSync(join(host, 'token'));
    await start([missing, token()]);
    expect(inGuest('root/.token')).toBe('one');
    await start([missing]);
    expect(existsSync(join(guest, 'root/.token'))).toBe(false);
  });

  it('puts a file into the directory that a target with "/" at its end names, and remembers and removes the file alone', async () => {
    writeFileSync(join(host, 'token'), 's3cret');
    mkdirSync(join(guest, 'd'), { mode: 0o755 });
    writeFileSync(join(guest, 'd/mine'), 'mine');
    const rule = { ...token(), to: `${guest}/d/`, mode: '0600' };
    await start([rule, { ...rule, to: `${guest}/new/` }]);
    expect([inGuest('d/token'), inGuest('new/token')]).toEqual(['s3cret', 's3cret']);
    expect(statSync(join(guest, 'd')).mode & 0o7777).toBe(0o755);
    expect(readFileSync(memory(), 'utf8')).toContain(`"${guest}/d/token"`);
    rmSync(join(host, 'token'));
    await start([rule]);
    expect(inGuest('d/token'), 'missing on the host is not taken out').toBe('s3cret');
    expect(existsSync(join(guest, 'new/token'))).toBe(false);
    await start([]);
    expect([existsSync(join(guest, 'd/token')), inGuest('d/mine')]).toEqual([false, 'mine']);
  });

  it('copies a directory with what is in it, but no links and nothing that is no file', async () => {
    mkdirSync(join(host, 'd/deep/er'), { recursive: true });
    writeFileSync(join(host, 'd/a'), 'a', { mode: 0o640 });
    writeFileSync(join(host, 'd/deep/er/b'), 'b');
    writeFileSync(join(host, 'd/set-id'), '');
    chmodSync(join(host, 'd/set-id'), 0o4755);
    writeFileSync(join(host, 'd/line\nbreak'), '');
    symlinkSync('/etc/shadow', join(host, 'd/link'));
    symlinkSync('/etc', join(host, 'd/directory-link'));
    execFileSync('mkfifo', [join(host, 'd/pipe')]);
    mkdirSync(join(guest, 'd'));
    chmodSync(join(guest, 'd'), 0o1777);
    await start([{ from: join(host, 'd'), to: join(guest, 'd') }]);
    expect([inGuest('d/a'), inGuest('d/deep/er/b')]).toEqual(['a', 'b']);
    expect(statSync(join(guest, 'd/set-id')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(guest, 'd')).mode & 0o7777, 'a directory that was there stays as it is').toBe(
      0o1777,
    );
    expect(
      execFileSync('find', ['.', '-not', '-type', 'd'], { cwd: join(guest, 'd') })
        .toString()
        .split('\n')
        .toSorted(),
    ).toEqual(['', './a', './deep/er/b', './set-id']);
    expect(warnings).toHaveLength(4);
    expect(warnings.join('\n')).toMatch(/link" is not copied into the VM: it is a link/);
  });

  it('stays within its bounds: 2 MiB, 256 files, no pipe that never ends', async () => {
    writeFileSync(join(host, 'huge'), Buffer.alloc(3 * 1024 * 1024));
    execFileSync('mkfifo', [join(host, 'pipe')]);
    mkdirSync(join(host, 'many'));
    for (let index = 0; index < 300; index += 1) writeFileSync(join(host, `many/${index}`), '');
    const rule = (name: string): SyncRule => ({ from: join(host, name), to: join(guest, name) });
    await start([rule('huge'), rule('pipe'), { from: '/dev/zero', to: join(guest, 'zero') }, rule('many')]);
    const brought = execFileSync('find', [guest, '-type', 'f']).toString().trim().split('\n');
    expect(brought).toHaveLength(256);
    expect(warnings.slice(0, 3)).toEqual([
      expect.stringContaining('at most 2048 KiB in all'),
      expect.stringContaining('it is no file'),
      expect.stringContaining('it is no file'),
    ]);
    expect(warnings).toHaveLength(3 + 44);
  });

  it('a copy that the daemon’s death interrupted is known, and removed when it is listed no more', async () => {
    writeFileSync(join(host, 'token'), 'one');
    await start([token()]);
    writeFileSync(join(host, 'token'), 'two');
    // the guest has the new file, and nobody heard of it
    const dies: Guest = {
      ...LOCAL,
      exec: async (argv, options) => {
        await LOCAL.exec(argv, options);
        throw new Error('the daemon is gone');
      },
    };
    await start([token()], dies);
    expect(inGuest('root/.token')).toBe('two');
    warnings = [];
    await start([]);
    expect(existsSync(join(guest, 'root/.token'))).toBe(false);
    expect(warnings).toEqual([]);
  });

  it('a guest that cannot take them is a warning, printable whatever the guest says', async () => {
    writeFileSync(join(host, 'token'), 'one');
    const full: Guest = {
      ...LOCAL,
      exec: async () => ({ exitCode: 2, stdout: Buffer.alloc(0), stderr: Buffer.from('\u001b[2Jno space') }),
    };
    await start([token()], full);
    expect(warnings).toEqual(['the files of [[file_sync]] are not all in the VM: ?[2Jno space']);
  });
});
