import { spawn, spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultOf } from '../src/contract/index.js';
import { migrate } from '../src/vm/hypervisor/qemu/saving/migration.js';
import { AgentClient } from '../src/vm/hypervisor/qemu/agent-client.js';
import { QmpClient } from '../src/vm/hypervisor/qemu/qmp-client.js';
import { randomId } from '../src/vm/hypervisor/qemu/random-id.adapter.js';
import { tellGuest } from '../src/vm/hypervisor/qemu/tell-guest.js';
import { connectUnixSocket } from '../src/vm/hypervisor/qemu/unix-socket.adapter.js';
import { BARE_PORT, firstCommand } from './bare-vmm.js';
import { ADOPTED } from '../src/vm/identity/identity-adoption.js';
import { timed } from './measure.js';
import type { ScratchHost } from './scratch-host.js';

const TELL_LIMIT_MS = 60_000;
const signal = AbortSignal.timeout(3_600_000);

/**
 * The floor of a clone: the very command line of a VM that went on from a template, given the same files, started by
 * hand; then what makes the guest reachable as itself, one SSH connection and `true`. No daemon, no database, no ledger.
 */
export class BareRestore {
  readonly #directory: string;
  readonly #vmDirectory: string;
  readonly #args: readonly string[];
  readonly #template: string;

  /** @param vm a running VM of the host that is a clone, whose arguments and identity are taken over */
  constructor(
    private readonly host: ScratchHost,
    private readonly vm: ResultOf<'vm.get'>,
    /** what a clone is told so that it knows who it is */
    private readonly adoption: (offsetMs: number) => Buffer,
  ) {
    this.#directory = join(host.directory, 'bare');
    this.#vmDirectory = join(host.stateDirectory, 'vms', vm.id);
    const templates = join(host.stateDirectory, 'templates');
    this.#template = join(templates, readdirSync(templates)[0] ?? '');
    const runtime = join(host.runtimeDirectory, 'vm', vm.id);
    this.#args = readFileSync(`/proc/${vm.pid}/cmdline`, 'utf8')
      .split('\0')
      .slice(1, -1)
      .map((argument) =>
        argument
          .replaceAll(this.#vmDirectory, this.#directory)
          .replaceAll(runtime, this.#directory)
          .replaceAll(`:${vm.sshPort}-`, `:${BARE_PORT}-`),
      );
  }

  /** Makes what has to be there before the clock starts: identity and an empty disk over the template's. */
  prepare(): void {
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(this.#directory, { mode: 0o711 });
    copyFileSync(join(this.#vmDirectory, 'identity.tar'), join(this.#directory, 'identity.tar'));
    const disk = join(this.#directory, 'root.qcow2');
    const base = join(this.#template, 'root.qcow2');
    const made = spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', disk]);
    if (made.status !== 0) throw new Error(`qemu-img: ${made.stderr.toString()}`);
  }

  /** `ms` from the start of the process to the end of the first command */
  async run(): Promise<number> {
    const files = ['memory', 'state'].map((name) => openSync(join(this.#template, name), 'r'));
    const child = spawn('qemu-system-x86_64', this.#args, {
      stdio: ['ignore', 'ignore', 'ignore', ...files],
    });
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    try {
      return await timed(async () => {
        await this.#goOn();
        await firstCommand(this.host, this.#vmDirectory);
      });
    } finally {
      child.kill('SIGKILL');
      await ended;
      files.forEach(closeSync);
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  async #goOn(): Promise<void> {
    const socket = (name: string) => connectUnixSocket(join(this.#directory, name), signal);
    const qmp = await QmpClient.open(await socket('qmp.sock'), signal);
    await migrate(qmp, 'migrate-incoming', { uri: 'fd:4', signal });
    await qmp.execute('cont');
    const agent = new AgentClient(this.vm.name, await socket('agent.sock'), randomId);
    await agent.waitReady({ signal });
    const input = this.adoption(Date.now() - (await agent.time()));
    const limits = { vm: this.vm.name, timeoutMs: TELL_LIMIT_MS, signal };
    const answer = await tellGuest(await socket('tell.sock'), input, limits);
    if (answer !== ADOPTED) throw new Error(`the identity: ${answer}`);
    agent.close();
    qmp.close();
  }
}
