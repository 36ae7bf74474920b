import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../../src/contract/index.js';
import { cli, ROOT } from './cli-process.js';
import { scriptCreation, startFakeDaemon, vmView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const GUEST = 'Linux quickstart 6.1.0-30-cloud-amd64\n1234567 The last commit\n';
const HEALTHY: DoctorReport = {
  healthy: true,
  mode: 'root',
  checks: [{ id: 'qemu', title: 'QEMU', status: 'ok', detail: '7.2' }],
};
const MISSING: DoctorReport = {
  healthy: false,
  mode: 'root',
  checks: [
    {
      id: 'qemu',
      title: 'QEMU',
      status: 'fail',
      detail: 'not installed',
      packages: ['no-such-package-of-debian'],
    },
  ],
};

/** The part after the launcher's: the bundle itself, so that this checkout is not built again by a test. */
describe('quickstart', () => {
  let daemon: FakeDaemon;
  const quickstart = (...args: string[]) =>
    cli([`${ROOT}/dist/cli-bundle/banger.cjs`, '--socket', daemon.socketPath, 'quickstart', ...args], {
      program: process.execPath,
      env: { BANGER_BOOTSTRAP_TIMES: ' packages=31 build=12' },
    });

  beforeEach(async () => {
    daemon = await startFakeDaemon();
    scriptCreation(daemon.script)
      .on('system.hello', () => ({
        name: 'bangerd',
        version: '0.1.0',
        contract: 1,
        pid: 1,
        startedAt: new Date(Date.now() + 60_000).toISOString(),
        mode: 'root',
        stateDirectory: '/x',
        features: [],
      }))
      .on('system.doctor', () => HEALTHY)
      .on('vm.list', () => [vmView('quickstart')])
      .on('image.build.begin', () => ({
        id: 'op0',
        kind: 'image.build',
        subject: { type: 'image', id: 'i', name: 'debian' },
        state: 'running',
        steps: [],
        warnings: [],
        createdAt: '2026-01-01T00:00:00.000Z',
      }));
    daemon.script.command = async (channel) => {
      channel.stdout.write(GUEST);
      await channel.exit({ exitCode: 0, signal: null });
    };
  });
  afterEach(() => daemon.stop());

  it('goes step by step; what the guest said comes last and alone on stdout', async () => {
    const { code, stdout, stderr } = await quickstart('--yes');
    expect({ code, stdout }).toEqual({ code: 0, stdout: GUEST });
    for (const title of [
      '1/6 check the host',
      '2/6 install what is missing',
      '3/6 start the daemon',
      '4/6 build the default image',
      '5/6 create a VM with this repository in it',
      '6/6 run a command in it',
    ]) {
      expect(stderr).toContain(`${title}\n`);
    }
    expect(stderr).toMatch(
      /Time\n {2}install packages +31 s\n {2}build banger +12 s\n {2}check the host +\d/,
    );
    expect(stderr).toContain('./banger vm run --rm . -- git status');
    expect(stderr.trimEnd().endsWith('What the VM said')).toBe(true);
    expect(daemon.script.callsOf('vm.create.begin')).toEqual([
      { name: 'quickstart-2', ephemeral: true, workspace: { path: ROOT } },
    ]);
    expect(daemon.script.callsOf('vm.delete')).toEqual([{ vm: 'id-web', force: true }]);
  });

  it('asks before it installs, and without a terminal wants --yes', async () => {
    daemon.script.on('system.doctor', () => MISSING);
    const { code, stderr } = await quickstart();
    expect(code).toBe(2);
    expect(stderr).toContain('no-such-package-of-debian  (QEMU: not installed)');
    expect(stderr).toContain(
      'fix: pass --yes, or run: apt-get update && apt-get install --no-install-recommends no-such-package-of-debian',
    );
  });

  it('gives up with what to do when packages cannot help', async () => {
    daemon.script.on('system.doctor', () => ({
      healthy: false,
      mode: 'user',
      checks: [{ id: 'cpu', title: 'CPU', status: 'fail', detail: 'not x86-64', fix: 'use another machine' }],
    }));
    const { code, stderr } = await quickstart('--yes');
    expect(code).toBe(6);
    expect(stderr).toContain('why: CPU: not x86-64\n  fix: use another machine\n');
  });
});
