import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VmForkView, VmView } from '../../../src/contract/index.js';
import { freePort } from '../../support/free-port.js';
import { COUNT } from '../../support/guest-counter.js';
import { identityOf, OWN_LINES } from '../../support/guest-identity.js';
import { WireRecorder } from '../../support/wire-recorder.js';
import { NO_BACKGROUND_WORK, TestHost } from '../../support/test-host.js';

/** The count twice, half a second apart; whether there was a gap or a repetition; the file that has its own content. */
const LOOK = `
cat /run/count; sleep 0.5; cat /run/count
awk '$1 != NR { bad = 1 } END { print bad ? "a gap" : "no gap" }' /counted
cat /dirty
`;

describe('a fork', () => {
  let host: TestHost;
  let port: number;
  let wire: WireRecorder;
  beforeAll(async () => {
    host = await TestHost.create();
    writeFileSync(join(host.directory, 'config.toml'), `${NO_BACKGROUND_WORK}[vm]\nmemory_percent = 20\n`);
    wire = await WireRecorder.install(host);
    port = await freePort();
    const repository = join(host.directory, 'shop');
    execFileSync('git', ['init', '-q', '-b', 'main', repository]);
    writeFileSync(join(repository, 'new.txt'), 'not committed\n');
    const shape = ['--memory', '256m', '--publish', `${port}:80`, '--label', 'team=shop'];
    await host.json<VmView>(['vm', 'create', '--name', 'web', ...shape, repository]);
    await inside('web', COUNT);
  });
  afterAll(async () => {
    const vms = await host.json<VmView[]>(['vm', 'list']);
    await host.banger(['vm', 'delete', '--force', ...vms.map(({ name }) => name)]);
    await host.assertClean();
    await host.close();
  });

  async function inside(vm: string, script: string): Promise<string> {
    const result = await host.banger(['vm', 'exec', vm, '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  }

  it('goes on in each copy without a gap, and each is a machine of its own', async () => {
    await inside('web', 'echo before > /dirty');
    const result = await host.banger([
      ...['vm', 'fork', 'web', '--count', '3', '--branch', 'try-{n}', '--json'],
    ]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    const fork = JSON.parse(result.stdout) as VmForkView;
    console.log(`the parent stood still for ${fork.pausedMs} ms`);
    expect(fork.pausedMs).toBeGreaterThan(0);
    expect(fork.failures).toBeUndefined();
    const names = ['web-1', 'web-2', 'web-3'];
    expect(fork.copies.map(({ name }) => name)).toEqual(names);
    expect(fork.copies[0]).toMatchObject({ state: 'running', labels: { team: 'shop' }, publishedPorts: [] });
    expect(result.stderr).toContain(`what web publishes leads to it alone: ${port}/tcp`);

    await inside('web', 'echo web > /dirty');
    await inside('web-1', 'cat /dirty > /seen; echo web-1 > /dirty; sync');
    expect(await inside('web-1', 'cat /seen')).toBe('before');
    for (const [name, dirty] of [
      ['web', 'web'],
      ['web-1', 'web-1'],
      ['web-2', 'before'],
      ['web-3', 'before'],
    ] as const) {
      const [first, second, gap, content] = (await inside(name, LOOK)).split('\n');
      expect(Number(second), `${name} counts on`).toBeGreaterThan(Number(first));
      expect([gap, content], name).toEqual(['no gap', dirty]);
    }
    for (const [index, name] of names.entries()) {
      expect(await inside(name, 'cd /root/shop && git status --short --branch'), 'its own branch').toBe(
        `## No commits yet on try-${index + 1}\n?? new.txt`,
      );
      expect(fork.copies[index]?.workspaces[0]?.branch).toBe(`try-${index + 1}`);
    }
    expect(await inside('web', 'cd /root/shop && git symbolic-ref --short HEAD')).toBe('main');
    const identities = await Promise.all(['web', ...names].map((name) => identityOf(host, name)));
    for (const [index, vm] of [await host.json<VmView>(['vm', 'show', 'web']), ...fork.copies].entries())
      expect(wire.senders(vm), `${vm.name} is seen on the wire as itself alone`).toEqual([
        identities[index]?.[6],
      ]);
    for (const [what, at] of OWN_LINES)
      expect(new Set(identities.map((lines) => lines[at])).size, what).toBe(4);
    for (const [index, { sshPort = 0 }] of fork.copies.entries()) {
      const served = execFileSync(
        'ssh-keyscan',
        ['-T', '60', '-t', 'ed25519', '-p', String(sshPort), '127.0.0.1'],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
      expect(served.trim().split(' ')[2], 'the key that is pinned').toBe(identities[index + 1]?.[7]);
    }
    await host.json(['vm', 'delete', '--force', 'web-1']);
    expect(await inside('web-2', 'cat /dirty; hostname; sync')).toBe('before\nweb-2');
  });

  it('can be forked in its turn, under load, while a command runs in it; copies may wait until they are used', async () => {
    await inside(
      'web-2',
      // for a few seconds, in the copies too
      `nohup sh -c 'for i in 1 2 3 4 5 6; do dd if=/dev/urandom of=/var/load bs=64k count=64 2>/dev/null; done' >/dev/null 2>&1 &`,
    );
    // ssh, with what it has open, goes on in the one that is forked
    const command = host.banger(['vm', 'exec', 'web-2', '--', 'sh', '-c', 'sleep 4; echo undisturbed']);
    await delay(500);
    const paused = await host.json<VmForkView>([
      ...['vm', 'fork', 'web-2', '--paused', '--count', '2', '--name', 'late-{n}'],
    ]);
    expect(paused.copies.map(({ name, state }) => [name, state])).toEqual([
      ['late-1', 'suspended'],
      ['late-2', 'suspended'],
    ]);
    const suspended = performance.now();
    await delay(1_000);
    expect(await command).toMatchObject({ exitCode: 0, stdout: 'undisturbed\n' });
    // they have stood still since the fork; to be used is to be woken
    const stoodStillMs = performance.now() - suspended;
    const late = await host.json<VmView>(['vm', 'resume', 'late-2']);
    expect(late).toMatchObject({ state: 'running' });
    const uptime = async (name: string): Promise<number> =>
      1000 * Number((await inside(name, 'cat /proc/uptime')).split(' ')[0]);
    const latest = await uptime('late-2');
    // hundredths of a second are cut off
    expect((await uptime('web-2')) - latest).toBeGreaterThan(stoodStillMs - 20);
    expect(await inside('late-1', 'hostname')).toBe('late-1');
    for (const name of ['web-2', 'late-1', 'late-2']) {
      const [first, second, gap] = (await inside(name, LOOK.replace('cat /dirty', ''))).split('\n');
      expect(Number(second), name).toBeGreaterThan(Number(first));
      expect(gap, name).toBe('no gap');
    }
    expect(wire.senders(late)).toEqual([await inside('late-2', 'cat /sys/class/net/eth0/address')]);
    const id = 'cat /etc/machine-id';
    const ids = [await inside('web-2', id), await inside('late-1', id), await inside('late-2', id)];
    expect(new Set(ids).size).toBe(3);
    await host.banger(['vm', 'delete', '--force', 'web-2', 'late-1', 'late-2']);
  });

  it('is refused with what to do about it, and the VM goes on', async () => {
    // the second one from a disk that has been frozen before, whichever tests ran
    for (const name of ['once', 'again']) {
      const { copies } = await host.json<VmForkView>(['vm', 'fork', 'web', '--name', name]);
      expect(copies).toMatchObject([{ name, state: 'running' }]);
      await host.json(['vm', 'delete', '--force', name]);
    }
    const refused = async (kind: string, ...args: string[]): Promise<string> => {
      const result = await host.banger(['vm', 'fork', ...args, '--json']);
      const { error } = JSON.parse(result.stdout) as { error: { kind: string; fix?: string } };
      expect([error.kind, result.exitCode === 0], result.stdout).toEqual([kind, false]);
      expect(error.fix).toBeDefined();
      return result.stdout;
    };
    await refused('VM_NAME_TAKEN', 'web', '--name', 'web');
    expect(await refused('PARAMS_INVALID', 'web', '--name', 'same', '--count', '2')).toContain('{n}');
    await refused('PARAMS_INVALID', 'web', '--name', `${'x'.repeat(60)}{n}{n}{n}{n}`);
    await refused('USAGE_INVALID', 'web', '--branch', 'x', '--paused');
    await refused('USAGE_INVALID', 'web', '--count', '0');
    await refused('VM_NOT_FOUND', 'nobody');
    expect(await refused('HOST_MEMORY_EXHAUSTED', 'web', '--count', '100', '--name', 'n-{n}')).toBeDefined();
    await host.json(['vm', 'stop', 'web']);
    await refused('VM_WRONG_STATE', 'web');
    const left = (await host.json<VmView[]>(['vm', 'list'])).map(({ name }) => name);
    expect(left.filter((name) => name !== 'web-3')).toEqual(['web']);
  });
});
