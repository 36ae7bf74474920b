import { mkdtemp, rm, chmod, readdir } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoctorService, HostFacts } from '../../../src/host/index.js';
import { configIn, openDoctor } from './support/host-fixture.js';

const CHECKS = [
  'platform',
  'programs',
  'kvm-device',
  'resources',
  'directories',
  'disk-backend',
  'socket-path',
  'apt-sources',
  'user-namespaces',
];

describe('doctor, without a daemon', () => {
  let directory: string;
  const path = process.env['PATH'];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bgr-doctor-'));
    await chmod(directory, 0o711);
  });
  afterEach(async () => {
    process.env['PATH'] = path;
    await rm(directory, { recursive: true, force: true });
  });

  async function report(overrides: Parameters<typeof configIn>[1] = {}): ReturnType<DoctorService['report']> {
    const module = await openDoctor(await configIn(directory, overrides));
    try {
      return await module.get(DoctorService).report();
    } finally {
      await module.close();
    }
  }

  it('looks at everything on this host and changes nothing', async () => {
    const { checks, healthy } = await report();
    expect(checks.map(({ id }) => id)).toEqual(CHECKS);
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(healthy).toBe(true);
    expect(checks.filter(({ status, fix }) => status !== 'ok' && fix === undefined)).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('says which directory is in the way', async () => {
    await chmod(directory, 0o700);
    const { checks, healthy } = await report({ mode: 'root' });
    expect(checks.find(({ id }) => id === 'directories')).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining(`chmod o+x ${directory}`),
    });
    expect(healthy).toBe(false);
  });

  it('says which place cannot be written to', async () => {
    const { checks } = await report({ stateDirectory: '/etc/passwd/banger' });
    expect(checks.find(({ id }) => id === 'directories')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('/etc/passwd/banger does not exist and /etc/passwd is not writable'),
    });
  });

  it('says that the runtime directory is too long for sockets', async () => {
    const { checks } = await report({ runtimeDirectory: join(directory, 'x'.repeat(60)) });
    expect(checks.find(({ id }) => id === 'socket-path')).toMatchObject({
      status: 'fail',
      fix: 'set a shorter directory with BANGER_RUNTIME_DIR',
    });
  });

  it('knows the size of this host', async () => {
    const module = await openDoctor(await configIn(directory));
    const facts = module.get(HostFacts, { strict: false });
    const { totalMib, availableMib } = facts.memory();
    expect(totalMib).toBeLessThanOrEqual(totalmem() / 1024 ** 2);
    expect(availableMib).toBeGreaterThan(0);
    expect(availableMib).toBeLessThanOrEqual(totalMib);
    expect(facts.cpus()).toBeGreaterThanOrEqual(1);
    expect(await facts.freeBytes(join(directory, 'not', 'there', 'yet'))).toBeGreaterThan(0);
    expect(await facts.operatingSystem()).toMatchObject({ platform: 'linux', architecture: 'x64' });
    await module.close();
  });
});
