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

/** As root of a user namespace, whose ids 0 to 65535 are those of the host from 100000 on; this test's own map. */
const MAPPED = `set -eu
mkfifo "$1/go"
unshare --user --mount --pid --ipc --fork --keep-caps sh -c '
  read -r go < "$1/go"
  exec setpriv --reuid 0 --regid 0 --clear-groups sh -c "$2" runner "$3" "$4" "$5"' mapped "$1" "$2" "$3" "$4" "$5" &
parent=$!
child=''
while [ -z "$child" ]; do read -r child < /proc/$parent/task/$parent/children || sleep 0.05; done
# the child that is meant is in a user namespace of its own
while [ "$(readlink /proc/$child/ns/user)" = "$(readlink /proc/self/ns/user)" ]; do sleep 0.05; done
child=\${child%% *}
echo '0 100000 65536' > /proc/$child/uid_map
echo '0 100000 65536' > /proc/$child/gid_map
echo go > "$1/go"
wait $parent
`;

const DEVICES_AND_TREE = `set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tree "$1"
tar -C "$1" --exclude='./dev/*' --numeric-owner -xpf "$3"
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

/** The same in a user namespace, on a tree that is unpacked from an archive and goes with the namespace. `after`: run in the tree's parent namespace at the end. */
export async function provisionMapped(
  directory: string,
  archive: string,
  options: { env: Environment; after: string },
): Promise<Outcome> {
  const tree = join(directory, 'mapped');
  mkdirSync(tree);
  execFileSync('chown', ['100000:100000', tree]);
  const inner = `${DEVICES_AND_TREE}\n${RUNNER.replace('exec chroot', 'chroot')}\n${options.after}`;
  return run(
    ['sh', '-c', MAPPED, 'mapped', directory, inner, tree, provisioningScript(), archive],
    options.env,
  );
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
