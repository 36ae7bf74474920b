import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Test } from '@nestjs/testing';
import { childEnvironment } from '../../../../src/core/config/index.js';
import { ProcessModule, ProcessRunner } from '../../../../src/core/process/index.js';
import { explainProvisioning } from '../../../../src/image/provisioning/explain-provisioning.js';
import { provisioningScript } from '../../../../src/image/provisioning/provisioning-script.js';
import { readProvisioned } from '../../../../src/image/provisioning/provisioned.js';
import type { Provisioned } from '../../../../src/image/provisioning/provisioned.js';

export const isRoot = process.getuid?.() === 0;

/** TREE SCRIPT: what the script has to be given, then the script. */
const RUNNER = `set -eu
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/run"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for device in null zero full random urandom; do
  : > "$1/dev/$device"
  mount --bind "/dev/$device" "$1/dev/$device"
done
if [ ! -L "$1/etc/resolv.conf" ] && [ -e "$1/etc/resolv.conf" ]; then mount --bind /etc/resolv.conf "$1/etc/resolv.conf"; fi
exec chroot "$1" /bin/sh -c "$2"
`;

export interface Outcome {
  readonly provisioned?: Provisioned;
  readonly error?: unknown;
  /** what the programs said */
  readonly lines: readonly string[];
}

type Environment = Readonly<Record<string, string>>;

async function run(argv: readonly string[], env: Environment): Promise<Outcome> {
  const module = await Test.createTestingModule({ imports: [ProcessModule] }).compile();
  const [file = 'sh', ...args] = argv;
  const lines: string[] = [];
  const request = {
    file,
    args,
    cwd: '/',
    env: { ...childEnvironment(), ...env },
    timeoutMs: 250_000,
    onLine: (line: string): void => void lines.push(line),
  };
  try {
    const { stdout } = await module.get(ProcessRunner).run(request);
    return { provisioned: readProvisioned(stdout.toString(), 'web'), lines };
  } catch (error) {
    return { error: explainProvisioning(error, { image: 'web', directory: '/state' }), lines };
  }
}

/** Runs the provisioning script in a tree. */
export async function provision(tree: string, env: Environment = {}): Promise<Outcome> {
  const namespaces = [
    '--mount',
    '--pid',
    '--ipc',
    '--fork',
    ...(isRoot ? [] : ['--map-root-user', '--map-auto']),
  ];
  return run(['unshare', ...namespaces, 'sh', '-c', RUNNER, 'runner', tree, provisioningScript()], env);
}

/** Another script with the same surroundings. */
export function inTree(
  tree: string,
  script: string,
): { status: number | null; stdout: string; stderr: string } {
  const argv = ['--mount', '--pid', '--ipc', '--fork', 'sh', '-c', RUNNER, 'runner', tree, script];
  return spawnSync('unshare', argv, { encoding: 'utf8', timeout: 60_000 });
}

/** A small tree: files by path, busybox with all its names where that is wanted. */
export class SmallTree {
  constructor(readonly directory: string) {
    for (const name of [
      'bin',
      'sbin',
      'usr/bin',
      'usr/sbin',
      'etc',
      'proc',
      'run',
      'tmp',
      'dev',
      'var/cache',
      'root',
    ])
      mkdirSync(join(directory, name), { recursive: true });
  }

  static withBusybox(directory: string): SmallTree {
    const tree = new SmallTree(directory);
    execFileSync('cp', [busybox(), join(directory, 'bin/busybox')]);
    const applets = execFileSync(busybox(), ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean);
    // those whose absence the script is to find out
    const others = applets.filter(
      (name) => !['apt-get', 'init', 'ip', 'busybox', 'modprobe', 'dpkg', 'rpm'].includes(name),
    );
    for (const name of others) symlinkSync('/bin/busybox', join(directory, 'bin', name));
    return tree;
  }

  write(path: string, text: string, mode = 0o644): this {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return this;
  }

  program(path: string, lines: string): this {
    return this.write(path, `#!/bin/sh\n${lines}\n`, 0o755);
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8');
  }

  has(path: string): boolean {
    return (
      existsSync(join(this.directory, path)) ||
      spawnSync('test', ['-L', join(this.directory, path)]).status === 0
    );
  }
}

function busybox(): string {
  const found = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (found === undefined) throw new Error('busybox-static is not installed (scripts/host-packages.sh)');
  return found;
}
