import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openByteChannel, RpcClient } from '../src/core/rpc/client.js';
import type { OperationView, ResultOf, VmCreateParams } from '../src/contract/index.js';

/** Of the checkout; the bench runs from dist/bench. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** Starting Node with extra certificates costs 40 ms a time; no user has that. */
export const { NODE_EXTRA_CA_CERTS: _slow, ...CLEAN_ENV } = process.env;

export interface CommandRun {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs a program to its end, its output collected. */
export async function runCommand(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = CLEAN_ENV,
): Promise<CommandRun> {
  const child = spawn(file, args, { env, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const add = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const exitCode = await new Promise<number | null>((done) => child.once('close', done));
  return { exitCode, output };
}

/** The copied database may know VMs whose disks stayed behind. */
function forgetVms(stateDirectory: string): void {
  const database = new DatabaseSync(join(stateDirectory, 'banger.db'));
  database.exec('DELETE FROM Vm; DELETE FROM LedgerEntry');
  database.close();
}

/** A state and runtime directory of the bench's own, with its daemon. */
export class ScratchHost {
  readonly directory = mkdtempSync(join(tmpdir(), 'bgr-bench-'));
  readonly stateDirectory = join(this.directory, 'state');
  readonly runtimeDirectory = join(this.directory, 'run');
  readonly env: NodeJS.ProcessEnv = {
    ...CLEAN_ENV,
    BANGER_STATE_DIR: this.stateDirectory,
    BANGER_RUNTIME_DIR: this.runtimeDirectory,
    BANGER_CONFIG: join(this.directory, 'config.toml'),
    NO_COLOR: '1',
  };

  constructor() {
    chmodSync(this.directory, 0o711);
    mkdirSync(this.stateDirectory, { mode: 0o711 });
    // What nobody asked for would be measured along.
    writeFileSync(join(this.directory, 'config.toml'), '[templates]\nmake = "manual"\n');
  }

  async banger(...args: string[]): Promise<string> {
    const { exitCode, output } = await runCommand(join(ROOT, 'banger'), args, this.env);
    if (exitCode !== 0) throw new Error(`banger ${args.join(' ')} ended with ${exitCode}:\n${output}`);
    return output;
  }

  /** Takes the images of another state directory, on the same file system, whose daemon does not run. */
  takeImages(from: string): void {
    for (const file of readdirSync(from).filter((name) => name.startsWith('banger.db')))
      copyFileSync(join(from, file), join(this.stateDirectory, file));
    cpSync(join(from, 'keys'), join(this.stateDirectory, 'keys'), { recursive: true });
    for (const kind of ['images', 'kernels'])
      for (const name of readdirSync(join(from, kind))) {
        const target = join(this.stateDirectory, kind, name);
        mkdirSync(target, { recursive: true, mode: 0o711 });
        for (const file of readdirSync(join(from, kind, name)))
          linkSync(join(from, kind, name, file), join(target, file));
      }
    forgetVms(this.stateDirectory);
  }

  get socketPath(): string {
    return join(this.runtimeDirectory, 'banger.sock');
  }

  async client(): Promise<RpcClient> {
    return RpcClient.connect({ socketPath: this.socketPath });
  }

  /** Also after a part that failed half-way: its VMs would outlive the daemon. */
  async close(): Promise<void> {
    const vms = JSON.parse(await this.banger('vm', 'list', '--json')) as { name: string }[];
    for (const { name } of vms) await this.banger('vm', 'delete', '--force', name);
    await this.banger('daemon', 'stop');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Begins and follows a creation to its end. @returns the VM */
export async function createVm(client: RpcClient, params: VmCreateParams): Promise<ResultOf<'vm.get'>> {
  const { id, subject } = await client.call('vm.create.begin', params);
  const end: OperationView = await client.stream(
    'operation.watch',
    { operation: id },
    { onValue: () => undefined },
  );
  if (end.state !== 'succeeded') throw new Error(`creation ${end.state}: ${JSON.stringify(end.error)}`);
  return client.call('vm.get', { vm: subject.id });
}

/** Runs a command in a VM to its end. */
export async function execInVm(
  client: RpcClient,
  socketPath: string,
  vm: string,
  command: string[],
): Promise<void> {
  const { token } = await client.call('vm.exec', { vm, command });
  const channel = await openByteChannel({ socketPath, token });
  channel.stdin.end();
  channel.stdout.resume();
  channel.stderr.resume();
  const { exitCode } = await channel.exited;
  await channel.close();
  if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}`);
}

/** `kB` fields of /proc/PID/status, in MiB */
export function residentMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** CPU time used so far, `ms` */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Memory of the host that a process takes, what it shares counted in parts. `MiB` */
export function proportionalMib(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1]) / 1024;
}

/** Of that, the guest's code as an emulator has translated it: what is memory of its own, and executable. 0 with KVM. */
export function translatedMib(pid: number): number {
  const maps = readFileSync(`/proc/${pid}/smaps`, 'utf8');
  const own = [
    ...maps.matchAll(/^[0-9a-f]+-[0-9a-f]+ rwxp 0+ 00:00 0 *\n(?:[^0-9a-f].*\n)*?Pss: +(\d+) kB$/gm),
  ];
  return own.reduce((sum, [, kib]) => sum + Number(kib) / 1024, 0);
}
