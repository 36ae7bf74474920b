import { describe, expect, it } from 'vitest';
import { plainConfig } from '../../../../test/support/fakes/test-config.js';
import type { Config, Mode } from '../../../core/config/index.js';
import { HostFacts } from '../../facts/host-facts.js';
import type { MemoryFacts, OperatingSystem } from '../../facts/host-facts.js';
import { HostProbe } from '../host-probe.js';
import type { DirectoryState } from '../host-probe.js';
import { AptSourcesCheck } from './apt-sources.check.js';
import { DirectoriesCheck } from './directories.check.js';
import { KvmDeviceCheck } from './kvm-device.check.js';
import { PlatformCheck } from './platform.check.js';
import { ProgramsCheck } from './programs.check.js';
import { ResourcesCheck } from './resources.check.js';
import { SocketPathCheck } from './socket-path.check.js';
import { UserNamespacesCheck } from './user-namespaces.check.js';

const DEBIAN: OperatingSystem = {
  platform: 'linux',
  architecture: 'x64',
  kernelRelease: '6.1.0',
  id: 'debian',
  name: 'Debian GNU/Linux 12 (bookworm)',
};

class FakeFacts extends HostFacts {
  constructor(
    readonly mode: Mode,
    private readonly has: { memory?: MemoryFacts; free?: number; system?: OperatingSystem } = {},
  ) {
    super();
  }
  override cpus = (): number => 2;
  override memory = (): MemoryFacts => this.has.memory ?? expect.unreachable('memory was not planned');
  override processor = (): Promise<string> => expect.unreachable();
  override operatingSystem = async (): Promise<OperatingSystem> =>
    this.has.system ?? expect.unreachable('operatingSystem was not planned');
  override freeBytes = async (): Promise<number> =>
    this.has.free ?? expect.unreachable('freeBytes was not planned');
}

/** A host of a few files and programs. */
class FakeProbe extends HostProbe {
  constructor(
    private readonly host: {
      programs?: string[];
      files?: Record<string, string>;
      directories?: Record<string, DirectoryState>;
      closed?: string;
      kvm?: 'ok' | 'missing' | 'denied';
    },
  ) {
    super();
  }
  override findProgram = async (name: string): Promise<string | undefined> =>
    this.host.programs?.includes(name) === true ? `/usr/bin/${name}` : undefined;
  override readText = async (path: string): Promise<string | undefined> => this.host.files?.[path];
  override list = async (path: string): Promise<string[]> =>
    Object.keys(this.host.files ?? {})
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => file.slice(path.length + 1));
  override inspectDirectory = async (path: string): Promise<DirectoryState> =>
    this.host.directories?.[path] ?? { exists: true, writable: true, place: path };
  override findUntraversable = async (): Promise<string | undefined> => this.host.closed;
  override deviceAccess = async (): Promise<'ok' | 'missing' | 'denied'> =>
    this.host.kvm ?? expect.unreachable('deviceAccess was not planned');
  override userName = (): string => 'ann';
}

function config(mode: Mode, runtimeDirectory = '/run/banger'): Config {
  return plainConfig(mode, { stateDirectory: '/var/lib/banger', runtimeDirectory });
}

const ALL = [
  'qemu-system-x86_64',
  'qemu-img',
  'git',
  'ssh',
  'mmdebstrap',
  'mke2fs',
  'cpio',
  'lz4',
  'xz',
  'depmod',
  'busybox',
];

describe('built-in checks', () => {
  it('platform', async () => {
    const run = (system: OperatingSystem): Promise<object> =>
      new PlatformCheck(new FakeFacts('user', { system })).run();
    expect(await run(DEBIAN)).toEqual({
      status: 'ok',
      detail: 'Debian GNU/Linux 12 (bookworm), kernel 6.1.0, x86_64',
    });
    expect(await run({ ...DEBIAN, id: 'fedora' })).toMatchObject({ status: 'warn' });
    expect(await run({ ...DEBIAN, architecture: 'arm64' })).toMatchObject({ status: 'fail' });
    expect(await run({ ...DEBIAN, platform: 'darwin', name: '' })).toMatchObject({
      status: 'fail',
      detail: 'darwin, kernel 6.1.0, x86_64',
    });
  });

  it('programs: what is missing, what it is for and the packages that bring it', async () => {
    const run = (mode: Mode, programs: string[]): Promise<object> =>
      new ProgramsCheck(new FakeFacts(mode), new FakeProbe({ programs })).run();
    expect(await run('root', ALL)).toEqual({ status: 'ok', detail: 'all 11 are installed' });
    expect(await run('user', ALL)).toMatchObject({ status: 'fail', packages: ['uidmap'] });
    expect(await run('root', ALL.slice(2, -1))).toEqual({
      status: 'fail',
      detail:
        'missing: qemu-system-x86_64 (runs the VMs), qemu-img (makes their disks), busybox (is the program of the initramfs)',
      fix: 'apt install qemu-system-x86 qemu-utils busybox-static',
      packages: ['qemu-system-x86', 'qemu-utils', 'busybox-static'],
    });
  });

  it('resources', async () => {
    const run = (free: number, availableMib: number): Promise<object> =>
      new ResourcesCheck(
        new FakeFacts('user', { free, memory: { totalMib: 8000, availableMib } }),
        config('user'),
      ).run();
    const plenty = 50 * 1024 ** 3;
    expect(await run(plenty, 4000)).toEqual({
      status: 'ok',
      detail: '2 CPUs, 4000 of 8000 MiB memory available, 51200 MiB free for /var/lib/banger',
    });
    expect(await run(1024 ** 3, 4000)).toMatchObject({
      status: 'warn',
      fix: expect.stringContaining('4 GiB'),
    });
    expect(await run(plenty, 500)).toMatchObject({
      status: 'warn',
      fix: expect.stringContaining('--memory'),
    });
  });

  it('directories', async () => {
    const run = (mode: Mode, host: ConstructorParameters<typeof FakeProbe>[0]): Promise<object> =>
      new DirectoriesCheck(config(mode), new FakeProbe(host)).run();
    expect(await run('root', {})).toEqual({ status: 'ok', detail: '/var/lib/banger and /run/banger' });
    expect(await run('root', { closed: '/var/lib' })).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('chmod o+x /var/lib'),
    });
    expect(await run('user', { closed: '/var/lib' })).toMatchObject({ status: 'ok' });
    const directories = { '/run/banger': { exists: false, writable: false, place: '/run' } };
    expect(await run('user', { directories })).toEqual({
      status: 'fail',
      detail: '/run/banger does not exist and /run is not writable',
      fix: 'make /run writable for ann, or set BANGER_RUNTIME_DIR',
    });
  });

  it('socket path', async () => {
    expect(await new SocketPathCheck(config('root')).run()).toMatchObject({ status: 'ok' });
    expect(await new SocketPathCheck(config('root', `/${'x'.repeat(60)}`)).run()).toMatchObject({
      status: 'fail',
    });
  });

  it('package sources, in both formats', async () => {
    const run = (files: Record<string, string>): Promise<object> =>
      new AptSourcesCheck(new FakeProbe({ files })).run();
    expect(
      await run({ '/etc/apt/sources.list': 'deb http://deb.example.org/debian bookworm main\n' }),
    ).toEqual({
      status: 'ok',
      detail: '/etc/apt/sources.list',
    });
    expect(
      await run({
        '/etc/apt/sources.list': '# moved\n',
        '/etc/apt/sources.list.d/debian.sources': 'Types: deb\nURIs: http://deb.example.org/debian\n',
        '/etc/apt/sources.list.d/old.list.bak': 'deb http://example.org x y\n',
      }),
    ).toEqual({ status: 'ok', detail: '/etc/apt/sources.list.d/debian.sources' });
    expect(await run({ '/etc/apt/sources.list': '#deb http://example.org x y\n' })).toMatchObject({
      status: 'warn',
    });
  });

  it('user namespaces', async () => {
    const run = (mode: Mode, files: Record<string, string>): Promise<object> =>
      new UserNamespacesCheck(new FakeFacts(mode), new FakeProbe({ files })).run();
    const ids = { '/etc/subuid': 'ann:100000:65536\n', '/etc/subgid': 'bob:1:1\nann:100000:65536\n' };
    expect(await run('root', {})).toEqual({ status: 'ok', detail: 'not needed as root' });
    expect(await run('user', ids)).toEqual({ status: 'ok', detail: 'allowed' });
    expect(await run('user', { ...ids, '/proc/sys/user/max_user_namespaces': '0\n' })).toMatchObject({
      status: 'fail',
      fix: 'as root: sysctl -w user.max_user_namespaces=10000',
    });
    expect(
      await run('user', { ...ids, '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' }),
    ).toMatchObject({ status: 'fail' });
    expect(await run('user', { '/etc/subuid': 'anna:1:1\n' })).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('usermod --add-subuids'),
    });
  });

  it('KVM is for information, never a failure', async () => {
    const run = (kvm: 'ok' | 'missing' | 'denied'): Promise<object> =>
      new KvmDeviceCheck(new FakeProbe({ kvm })).run();
    expect(await run('ok')).toEqual({ status: 'ok', detail: '/dev/kvm can be opened' });
    expect(await run('missing')).toMatchObject({ status: 'warn' });
    expect(await run('denied')).toMatchObject({
      status: 'warn',
      fix: expect.stringContaining('usermod -aG kvm ann'),
    });
  });
});
