import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport, ImageView } from '../../../src/contract/index.js';
import { endProcess } from '../../support/processes.js';
import { TestHost } from '../../support/test-host.js';

describe('a daemon whose files are taken away', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterAll(() => host.close());

  const fix = (): Promise<{ fixed: { what: string; done: string }[]; report: DoctorReport }> =>
    host.json(['doctor', '--fix']);

  // Nobody could reach the daemon any more, and none could be started in its place.
  it('makes its socket anew, and goes on', async () => {
    await host.json(['vm', 'list']);
    const pid = await host.daemonPid();
    await rm(host.runtimeDirectory, { recursive: true });
    expect(await host.banger(['vm', 'list'])).toMatchObject({ exitCode: 0 });
    expect(await host.daemonPid()).toBe(pid);
    await rm(host.runtimeDirectory, { recursive: true });
    const { fixed } = await fix();
    expect(fixed).toEqual([
      { what: expect.stringContaining('banger.sock was gone'), done: expect.any(String) },
    ]);
    expect((await fix()).fixed).toEqual([]);
    expect(await host.daemonPid()).toBe(pid);
  });

  it('gets a new database from what there is when the old one cannot be read; doctor says so beforehand', async () => {
    const images = await host.json<ImageView[]>(['image', 'list']);
    expect(images).toHaveLength(1);
    const pid = await host.daemonPid();
    await endProcess(pid, 'SIGKILL');
    const file = await open(join(host.stateDirectory, 'banger.db'), 'r+');
    await file.write(Buffer.alloc(8192, 0xa5), 0, 8192, 0);
    await file.close();

    expect(await host.banger(['vm', 'list'])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/is damaged[\s\S]*banger doctor --fix/),
    });
    const before = await readdir(host.stateDirectory);
    const { exitCode, stdout } = await host.banger(['doctor']);
    expect(exitCode).toBe(6);
    expect(stdout).toMatch(/✖ database +.*banger\.db is damaged[\s\S]*fix: banger doctor --fix/);
    expect(await readdir(host.stateDirectory), 'the doctor changes nothing').toEqual(before);

    const { fixed, report } = await fix();
    const text = fixed.map(({ what, done }) => `${what} => ${done}`).join('\n');
    expect(text).toMatch(/the database .* was damaged[\s\S]* => set aside as .*banger\.db\.damaged-/);
    expect(report.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    const after = await host.json<ImageView[]>(['image', 'list']);
    expect(after.map(({ id, name }) => ({ id, name }))).toEqual(images.map(({ id, name }) => ({ id, name })));
    expect((await fix()).fixed).toEqual([]);
  });
});
