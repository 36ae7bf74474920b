import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import { identityOf, OWN_LINES } from '../../support/guest-identity.js';
import { TestHost } from '../../support/test-host.js';

const CLONES = 20;
/** at once; more would only wait for each other on two CPUs */
const AT_A_TIME = 4;
/** `ms` that a clone's clock may be off */
const TOLERANCE_MS = 100;

interface Identity {
  readonly name: string;
  readonly sshPort: number;
  readonly lines: readonly string[];
}

describe('twenty VMs that go on from one template', () => {
  let host: TestHost;
  const identities: Identity[] = [];

  async function make(name: string): Promise<Identity> {
    const { sshPort = 0, id } = await host.json<VmView>(['vm', 'create', '--name', name]);
    const [operation] = (await host.json<OperationView[]>(['operation', 'list'])).filter(
      ({ kind, subject }) => kind === 'vm.create' && subject.id === id,
    );
    expect(operation?.steps.map((step) => step.name)).toContain('guest.adopt');
    return { name, sshPort, lines: await identityOf(host, name) };
  }

  beforeAll(async () => {
    host = await TestHost.create();
    for (let at = 0; at < CLONES; at += AT_A_TIME) {
      const names = Array.from({ length: AT_A_TIME }, (_, index) => `clone-${at + index}`);
      identities.push(...(await Promise.all(names.map(make))));
    }
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', ...identities.map(({ name }) => name)]);
    await host.assertClean();
    await host.close();
  });

  const line = (at: number): string[] => identities.map(({ lines }) => lines[at] ?? '');

  it.each([...OWN_LINES])('have each their own %s', (_what, at) => {
    expect(line(at).every((text) => text.length > 5)).toBe(true);
    expect(new Set(line(at)).size).toBe(CLONES);
  });

  it('are called what they were called, and nothing of the template’s is left in them', () => {
    const names = identities.map(({ name }) => name);
    expect([line(0), line(1)]).toEqual([names, names]);
    expect(new Set(line(10))).toEqual(new Set(['/etc/hostname:0 /etc/hosts:0 /etc/banger/identity.env:0 ']));
    expect(line(11)).toEqual(line(2));
    // journald leaves the dashes out
    expect(line(12)).toEqual(line(3).map((id) => id.replaceAll('-', '')));
  });

  it('have no seed of systemd that two could begin with', () => {
    const seeds = line(9);
    const none = execFileSync('sha256sum', ['/dev/null'], { encoding: 'utf8' }).split(' ')[0] ?? '';
    expect(seeds.every((seed) => seed.startsWith(none)) || new Set(seeds).size === CLONES).toBe(true);
  });

  it('serve the host key that is pinned for them, and no other', () => {
    for (const [index, { sshPort }] of identities.entries()) {
      const served = execFileSync(
        'ssh-keyscan',
        ['-T', '60', '-t', 'ed25519', '-p', String(sshPort), '127.0.0.1'],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      expect(served.trim().split(' ')[2]).toBe(line(7)[index]);
    }
  });

  it('have the time of the host', async () => {
    for (const { name } of identities) {
      const off = async (): Promise<number> => {
        const health = await host.json<{ checks: { id: string; detail: string }[] }>(['vm', 'health', name]);
        const detail = health.checks.find(({ id }) => id === 'clock')?.detail ?? '';
        return Number(/^(\d+) ms (?:ahead of|behind) the host/.exec(detail)?.[1]);
      };
      // the way to the guest and back counts too, which is long at times while twenty of them are busy
      await expect.poll(off, { timeout: 10_000, message: name }).toBeLessThanOrEqual(TOLERANCE_MS);
    }
  });

  it('reach the outside as machines that have booted do', async () => {
    const script =
      'ip -o -4 addr show dev eth0; ip route; cat /etc/resolv.conf; cat /sys/class/net/lo/operstate';
    const look = await host.banger(['vm', 'exec', 'clone-0', '--', 'sh', '-c', script]);
    expect(look.stdout).toMatch(
      /inet 10\.0\.2\.15\/24[\s\S]*default via 10\.0\.2\.2 dev eth0[\s\S]*nameserver 10\.0\.2\.3/,
    );
  });
});
