import { existsSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport, VmView } from '../../../src/contract/index.js';
import { endProcess } from '../../support/processes.js';
import { TestHost } from '../../support/test-host.js';

interface Fixed {
  readonly fixed: readonly { what: string; done: string }[];
  readonly report: DoctorReport;
}

const GARBAGE = Buffer.alloc(8192, 0xa5);

/** The tests stand on one another's VMs: each leaves them so that they can be used. */
describe('doctor', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
    await create('a', 'd');
  });
  afterAll(async () => {
    await host.banger([
      'vm',
      'delete',
      '--force',
      ...(await host.json<VmView[]>(['vm', 'list'])).map(({ name }) => name),
    ]);
    await host.assertClean();
    await host.close();
  });

  /** From a template, which takes a fraction of a boot. */
  async function create(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => host.json(['vm', 'create', '--name', name, '--memory', '256m'])));
  }

  const show = (name: string): Promise<VmView> => host.json<VmView>(['vm', 'show', name]);
  const socket = (): string => join(host.runtimeDirectory, 'banger.sock');

  /** The beginning of a file. @returns what stood there */
  async function overwrite(path: string, content: Buffer): Promise<Buffer> {
    const file = await open(path, 'r+');
    const before = Buffer.alloc(content.length);
    await file.read(before, 0, before.length, 0);
    await file.write(content, 0, content.length, 0);
    await file.close();
    return before;
  }

  async function doctor(): Promise<DoctorReport & { exitCode: number | null }> {
    const { exitCode, stdout } = await host.banger(['doctor', '--json']);
    return Object.assign(JSON.parse(stdout) as DoctorReport, { exitCode });
  }

  /** What stands against a healthy host, as it is told. */
  async function notOk(): Promise<unknown[]> {
    const { checks, exitCode } = await doctor();
    const failed = checks.filter(({ status }) => status === 'fail');
    return failed.length === 0 && exitCode !== 0 ? [exitCode] : failed;
  }

  function problems(report: DoctorReport, id: string): string {
    const check = report.checks.find((one) => one.id === id);
    return [check?.detail, ...(check?.problems ?? []).map(({ what }) => what)].join('\n');
  }

  async function fix(): Promise<{ text: string; report: DoctorReport }> {
    const { stdout, stderr } = await host.banger(['doctor', '--fix', '--json']);
    expect(stdout, stderr).toMatch(/^\{/);
    const { fixed, report } = JSON.parse(stdout) as Fixed;
    return { text: fixed.map(({ what, done }) => `${what} => ${done}`).join('\n'), report };
  }

  /** Nothing is left to do, and the VM can really be used. */
  async function expectUsable(...names: string[]): Promise<void> {
    const started = await host.banger(['vm', 'start', ...names]);
    expect(started, started.stderr).toMatchObject({ exitCode: 0 });
    for (const name of names) {
      const said = await host.banger(['vm', 'exec', name, '--', 'cat', '/etc/hostname']);
      expect(said, said.stderr).toMatchObject({ exitCode: 0, stdout: `${name}\n` });
    }
  }

  it('explains and mends a runtime directory that is taken away while the daemon runs', async () => {
    expect(await doctor()).toMatchObject({ exitCode: 0, healthy: true });
    await rm(host.runtimeDirectory, { recursive: true });
    const disk = join(host.stateDirectory, 'vms', (await show('d')).id, 'root.qcow2');
    const head = await overwrite(disk, GARBAGE);
    // a second daemon may not start, and the first makes its socket anew
    expect(await host.banger(['vm', 'list'])).toMatchObject({ exitCode: 0 });
    const report = await doctor();
    expect(report).toMatchObject({ exitCode: 6, healthy: false });
    expect(problems(report, 'vms')).toMatch(/VM a: the sockets of its hypervisor in .* are gone/);
    expect(await host.banger(['vm', 'exec', 'a', '--', 'true']), 'it works on').toMatchObject({
      exitCode: 0,
    });

    const { text } = await fix();
    for (const name of ['a', 'd'])
      expect(text).toMatch(new RegExp(`VM ${name}: the sockets .* are gone => shut down; start it again`));
    // its hypervisor had it open until then
    expect(text).toMatch(/VM d: its disk .* is damaged.* => marked as failed; it can be deleted/);
    expect((await fix()).text).toBe('');
    expect(await host.banger(['vm', 'start', 'd'])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/does not begin as a qcow2 file does[\s\S]*fix: put the disk back/),
    });
    await overwrite(disk, head);
    expect(await fix()).toMatchObject({ text: '', report: { healthy: true } });
    await expectUsable('a', 'd');
  });

  it('explains and mends two killed hypervisors, a damaged VM and a lost runtime directory, the daemon being dead', async () => {
    await create('b', 'c');
    const [a, b, c, d] = [await show('a'), await show('b'), await show('c'), await show('d')];
    await host.json(['vm', 'kill', 'd']);
    await endProcess(await host.daemonPid(), 'SIGKILL');
    await endProcess(a.pid, 'SIGKILL');
    await endProcess(b.pid, 'SIGKILL');
    await rm(host.runtimeDirectory, { recursive: true });
    const damaged = join(host.stateDirectory, 'vms', d.id);
    await overwrite(join(damaged, 'root.qcow2'), GARBAGE);
    for (const name of ['ssh_host_ed25519_key', 'identity.tar', 'known_hosts']) await rm(join(damaged, name));

    const before = await readdir(host.stateDirectory);
    const report = await doctor();
    expect(report).toMatchObject({ exitCode: 6, healthy: false });
    expect(problems(report, 'vms')).toMatch(/VM a: its hypervisor process has gone/);
    expect(problems(report, 'vms')).toMatch(/VM b: its hypervisor process has gone/);
    expect(problems(report, 'vms')).toMatch(/VM c: the sockets of its hypervisor in .* are gone/);
    expect(problems(report, 'vms')).toMatch(/VM d: its disk .* does not begin as a qcow2 file does/);
    expect(problems(report, 'vms')).toMatch(/VM d: its SSH host key .* is gone/);
    expect(await readdir(host.stateDirectory), 'it changes nothing').toEqual(before);

    const { text } = await fix();
    expect(text).toMatch(/VM a was running in the books.* => marked as failed.*vm start a/);
    expect(text).toMatch(/VM b was running in the books.* => marked as failed.*vm start b/);
    expect(text).toMatch(/VM c: .* => shut down over SSH; start it again: banger vm start c/);
    expect(text).toMatch(/VM d: its disk .* => marked as failed; it can be deleted/);
    expect(await show('d')).toMatchObject({ state: 'failed', error: { data: { kind: 'VM_DAMAGED' } } });
    expect(await show('c')).toMatchObject({ state: 'stopped', id: c.id });
    expect((await fix()).text).toBe('');
    await expectUsable('a', 'b', 'c');
    expect((await host.banger(['vm', 'start', 'd'])).exitCode).not.toBe(0);
    expect(await host.banger(['vm', 'delete', 'd'])).toMatchObject({ exitCode: 0 });
    expect(existsSync(damaged)).toBe(false);
    expect(await notOk()).toEqual([]);
  });

  it('makes the books anew from the records beside the disks when the database cannot be read', async () => {
    const a = await show('a');
    await host.json(['vm', 'kill', 'b']);
    const record = join(host.stateDirectory, 'vms', a.id, 'vm.json');
    await expect.poll(() => existsSync(record), { timeout: 30_000 }).toBe(true);
    await endProcess(await host.daemonPid(), 'SIGKILL');
    await overwrite(join(host.stateDirectory, 'banger.db'), GARBAGE);
    await rm(join(host.stateDirectory, 'banger.db-wal'), { force: true });

    const failed = await host.banger(['vm', 'list']);
    expect(failed.exitCode).toBe(6);
    expect(failed.stderr).toMatch(/the database .* is damaged/);
    expect(problems(await doctor(), 'database')).toMatch(/banger\.db is damaged/);

    const { text, report } = await fix();
    expect(text).toMatch(/the database .* was damaged[\s\S]* => set aside as .*banger\.db\.damaged-/);
    expect(text).toMatch(/VM a: the books do not know it => entered again as a; it runs on/);
    expect(text).toMatch(/VM b: the books do not know it => entered again as b, stopped/);
    expect(report.healthy, JSON.stringify(report.checks)).toBe(true);
    expect((await readdir(host.stateDirectory)).some((name) => name.startsWith('banger.db.damaged-'))).toBe(
      true,
    );
    expect(await show('a')).toMatchObject({ id: a.id, pid: a.pid, state: 'running', sshPort: a.sshPort });
    expect(existsSync(socket())).toBe(true);
    await expectUsable('a', 'b', 'c');
    expect((await fix()).text).toBe('');
  });
});
