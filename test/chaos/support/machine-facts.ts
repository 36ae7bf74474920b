import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { processesMentioning } from '../../support/processes.js';
import type { TestHost } from '../../support/test-host.js';

/** What is really there of one host. Read from the kernel and the disk alone: the daemon is not asked. */
export interface MachineFacts {
  readonly daemonPid: number | undefined;
  /** live processes of this host, the daemon among them */
  readonly processes: readonly { readonly pid: number; readonly commandLine: string }[];
  /** paths from the state directory on, of files and directories, down to the files of one VM or image */
  readonly stateFiles: readonly string[];
  readonly runtimeFiles: readonly string[];
  /** what is left in the directories for temporary files, absolute */
  readonly temporaryFiles: readonly string[];
  readonly mounts: readonly string[];
  readonly loopDevices: readonly string[];
  /** device-mapper devices and network interfaces by banger's names */
  readonly devices: readonly string[];
  /** ports on which a process of this host listens, by pid */
  readonly listening: ReadonlyMap<number, readonly number[]>;
}

/** How deep the directories are looked into: `vms/ID/snapshots/ID`. */
const DEPTH = 4;

export async function readMachine(host: TestHost): Promise<MachineFacts> {
  const processes = await processesMentioning(host.directory);
  const sockets = listeningSockets();
  return {
    daemonPid: daemonPid(host, processes),
    processes,
    stateFiles: tree(host.stateDirectory, DEPTH),
    runtimeFiles: tree(host.runtimeDirectory, DEPTH),
    temporaryFiles: [...list(join(host.directory, 'tmp')), ...scratchDirectories()],
    mounts: lines('/proc/self/mountinfo').filter((line) => line.includes(host.directory)),
    loopDevices: loopDevices(host.directory),
    devices: bangerDevices(),
    listening: new Map(processes.map(({ pid }) => [pid, portsOf(pid, sockets)])),
  };
}

/** TAPs and device-mapper devices: all that banger makes are called `bgr…`. */
export function bangerDevices(): string[] {
  const mapped = list('/sys/block')
    .map((path) => lines(join(path, 'dm/name'))[0] ?? '')
    .filter((name) => name !== '');
  const interfaces = list('/sys/class/net').map((path) => path.split('/').at(-1) ?? '');
  return [...mapped, ...interfaces].filter((name) => name.startsWith('bgr'));
}

function daemonPid(host: TestHost, processes: readonly { readonly pid: number }[]): number | undefined {
  const pid = Number(lines(join(host.stateDirectory, 'daemon.lock.pid'))[0]);
  return processes.some((process) => process.pid === pid) ? pid : undefined;
}

function tree(root: string, depth: number): string[] {
  const found: string[] = [];
  const walk = (directory: string, left: number): void => {
    let entries;
    try {
      entries = readdirSync(directory, { withFileTypes: true });
    } catch {
      return; // not there, or gone meanwhile
    }
    for (const entry of entries) {
      const path = join(directory, entry.name);
      found.push(path.slice(root.length + 1));
      if (entry.isDirectory() && left > 1) walk(path, left - 1);
    }
  };
  walk(root, depth);
  return found.toSorted();
}

/** Where git works for an import; each is called after the daemon that made it. */
function scratchDirectories(): string[] {
  return list('/var/tmp').filter((path) => {
    const pid = /\/bgr-import-(\d+)-/.exec(path)?.[1];
    return pid !== undefined && lines(`/proc/${pid}/stat`).length === 0;
  });
}

function loopDevices(directory: string): string[] {
  return list('/sys/block').flatMap((path) => {
    const file = lines(join(path, 'loop/backing_file'))[0] ?? '';
    return file.includes(directory) ? [`${path.split('/').at(-1)} (${file})`] : [];
  });
}

/** Inodes of sockets that listen, each with its port. */
function listeningSockets(): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of [...lines('/proc/net/tcp'), ...lines('/proc/net/tcp6')]) {
    const fields = line.trim().split(/\s+/);
    if (fields[3] === '0A') found.set(fields[9] ?? '', Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
  }
  return found;
}

function portsOf(pid: number, sockets: ReadonlyMap<string, number>): number[] {
  return list(`/proc/${pid}/fd`).flatMap((path) => {
    try {
      return sockets.get(/^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? '') ?? [];
    } catch {
      return []; // closed meanwhile
    }
  });
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
