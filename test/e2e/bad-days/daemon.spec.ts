import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ImageView, OperationView, VmView } from '../../../src/contract/index.js';
import { endProcess, processesMentioning } from '../../support/processes.js';
import { REPOSITORY } from '../../support/repository.js';
import { collect, TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';

describe('a daemon on a bad day', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(() => host.assertClean());
  afterAll(() => host.close());

  /** A daemon started by hand, as a service manager would. */
  function startByHand(env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const daemon = spawn(process.execPath, [join(REPOSITORY, 'dist/daemon/main.js')], {
      env: { ...host.env, ...env },
      stdio: 'pipe',
    });
    return collect(daemon, 30_000);
  }

  it('is not disturbed by a second one, which says who is there', async () => {
    const pid = await host.banger(['daemon', 'start']).then(() => host.daemonPid());
    const second = await startByHand();
    expect(second, second.stderr).toMatchObject({ exitCode: 4, signal: null });
    expect(JSON.parse(second.stderr)).toMatchObject({
      error: { kind: 'DAEMON_ALREADY_RUNNING', details: { pid }, fix: expect.any(String) },
    });
    expect(await host.daemonPid()).toBe(pid);
    const [third, fourth] = await Promise.all([startByHand(), startByHand()]);
    expect([third.exitCode, fourth.exitCode]).toEqual([4, 4]);
    const elsewhere = await startByHand({ BANGER_RUNTIME_DIR: join(host.directory, 'elsewhere') });
    expect(elsewhere, 'with a socket of its own').toMatchObject({ exitCode: 4, signal: null });
    expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
  });

  it('leaves its socket when killed, and the next command does not mind', async () => {
    const pid = await host.banger(['daemon', 'start']).then(() => host.daemonPid());
    await endProcess(pid, 'SIGKILL');
    expect(existsSync(join(host.runtimeDirectory, 'banger.sock'))).toBe(true);
    expect(await host.banger(['daemon', 'status'])).toMatchObject({ exitCode: 7 });
    expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
    expect(await host.daemonPid()).not.toBe(pid);
  });

  it('told to end by SIGTERM leaves a VM running, and the next daemon goes on with it', async () => {
    const before = await host.json<VmView>(['vm', 'create', '--name', 'stays']);
    await endProcess(await host.daemonPid(), 'SIGTERM');
    expect(
      existsSync(join(host.runtimeDirectory, 'banger.sock')),
      'a daemon that ends takes its socket along',
    ).toBe(false);
    expect(await host.machineProcesses()).toMatchObject([{ pid: before.pid }]);
    const [after] = await host.json<VmView[]>(['vm', 'list']);
    expect(after).toMatchObject({ id: before.id, pid: before.pid, state: 'running' });
    const works = await host.banger(['vm', 'exec', 'stays', '--', 'echo', 'works']);
    expect(works, works.stderr).toMatchObject({ exitCode: 0, stdout: 'works\n' });
    await host.banger(['vm', 'delete', '--force', 'stays']);
  });

  it('told to end in the middle of a creation undoes it first', async () => {
    const child = host.spawn(['vm', 'create', '--cold', '--name', 'half'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const booting = new Promise<void>((resolve) => {
      let text = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('booting')) resolve();
      });
    });
    const result = collect(child, 120_000);
    await booting;
    await endProcess(await host.daemonPid(), 'SIGTERM');
    const client = await result;
    expect([7, 130], client.stderr).toContain(client.exitCode);
    expect(client.stderr).toMatch(/banger: /);
    await host.assertClean();
    const [operation] = await host.json<OperationView[]>(['operation', 'list']);
    expect(operation).toMatchObject({ kind: 'vm.create', state: expect.stringMatching(/cancelled|failed/) });
  });

  it('killed while it builds an image takes the build along: no program, no mount, no file; the image before serves', async () => {
    const before = await host.json<ImageView[]>(['image', 'list']);
    const build = collect(host.spawn(['image', 'build', '--force'], { stdio: 'pipe' }), 120_000);
    const programs = async (): Promise<string[]> =>
      (await processesMentioning(host.directory))
        .map(({ commandLine }) => commandLine)
        .filter((commandLine) => commandLine.includes('mmdebstrap'));
    await expect.poll(programs, { timeout: 60_000 }).not.toEqual([]);
    // it has begun to unpack, and mounted what it needs for that
    await delay(3000);
    await endProcess(await host.daemonPid(), 'SIGKILL');
    expect(await build).toMatchObject({ exitCode: 7 });
    await expect.poll(programs, { timeout: 20_000 }).toEqual([]);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(host.directory);
    expect(await host.json<ImageView[]>(['image', 'list'])).toEqual(before);
    expect(readdirSync(join(host.stateDirectory, 'images'))).toEqual(before.map(({ id }) => id));
  });

  it('refuses a damaged database and says what can be done; with the good one back all is well', async () => {
    await host.json(['vm', 'list']);
    await host.banger(['daemon', 'stop']);
    const file = join(host.stateDirectory, 'banger.db');
    copyFileSync(file, `${file}.good`);
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Buffer.alloc(8192, 'garbage '), 0, 8192, 0);
    closeSync(descriptor);
    const result = await host.banger(['vm', 'list']);
    expect(result, result.stderr).toMatchObject({ exitCode: 6, stdout: '' });
    expect(result.stderr).toMatch(/banger: the database .*banger\.db is damaged/);
    expect(result.stderr).toMatch(/^ {2}fix: .*put back a copy.*banger doctor --fix/m);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    copyFileSync(`${file}.good`, file);
    expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
  });
});
