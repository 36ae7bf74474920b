import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ResultOf } from '../src/contract/index.js';
import { connectWhenReady, Ssh2Client } from '../src/core/ssh/index.js';
import { timed } from './measure.js';
import type { ScratchHost } from './scratch-host.js';

/** of the loopback, to the SSH server of a bare machine */
export const BARE_PORT = 21_999;

/**
 * The floor of a cold start: the very command line of a VM that banger runs, with a fresh disk, started by hand;
 * then the guest agent, one SSH connection and `true`. No daemon, no database, no ledger.
 */
export class BareVmm {
  readonly #host: ScratchHost;
  readonly #vm: ResultOf<'vm.get'>;
  readonly #args: readonly string[];
  readonly #directory: string;

  /** @param vm a running VM of the host, whose arguments and identity are taken over */
  constructor(host: ScratchHost, vm: ResultOf<'vm.get'>) {
    this.#host = host;
    this.#vm = vm;
    this.#directory = join(host.directory, 'bare');
    this.#args = this.#rewrite(readFileSync(`/proc/${vm.pid}/cmdline`, 'utf8').split('\0').slice(1, -1));
  }

  get #vmDirectory(): string {
    return join(this.#host.stateDirectory, 'vms', this.#vm.id);
  }

  #rewrite(args: readonly string[]): string[] {
    const runtime = join(this.#host.runtimeDirectory, 'vm', this.#vm.id);
    return args
      .filter((argument) => argument !== '-S')
      .map((argument) =>
        argument
          .replaceAll(this.#vmDirectory, this.#directory)
          .replaceAll(runtime, this.#directory)
          .replaceAll(`:${this.#vm.sshPort}-`, `:${BARE_PORT}-`),
      );
  }

  /** Copies what has to be there before the clock starts: identity and an empty disk over the same base. */
  prepare(): void {
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(this.#directory, { mode: 0o711 });
    copyFileSync(join(this.#vmDirectory, 'identity.tar'), join(this.#directory, 'identity.tar'));
    const disk = join(this.#vmDirectory, 'root.qcow2');
    const info = spawnSync('qemu-img', ['info', '--output=json', '-U', disk], { encoding: 'utf8' });
    const base = (JSON.parse(info.stdout) as { 'backing-filename': string })['backing-filename'];
    const made = spawnSync('qemu-img', [
      'create',
      '-q',
      '-f',
      'qcow2',
      '-b',
      base,
      '-F',
      'raw',
      join(this.#directory, 'root.qcow2'),
    ]);
    if (made.status !== 0) throw new Error(`qemu-img: ${made.stderr.toString()}`);
  }

  /** `ms` from the start of the process to the end of the first command */
  async run(): Promise<number> {
    const args = this.#args;
    const child = spawn('qemu-system-x86_64', args, { stdio: 'ignore' });
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    try {
      return await timed(async () => {
        await this.#agentAnswers();
        await firstCommand(this.#host, this.#vmDirectory);
      });
    } finally {
      child.kill('SIGKILL');
      await ended;
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  async #agentAnswers(): Promise<void> {
    const path = join(this.#directory, 'agent.sock');
    for (;;) {
      const socket = connect(path);
      const answer = new Promise<boolean>((done) => {
        socket.once('data', () => done(true));
        socket.once('error', () => done(false));
      });
      socket.once('connect', () => {
        socket.write(
          Buffer.concat([
            Buffer.from([0xff]),
            Buffer.from('{"execute":"guest-sync-delimited","arguments":{"id":7}}\n'),
          ]),
        );
      });
      const answered = await answer;
      socket.destroy();
      if (answered) return;
      await delay(10);
    }
  }
}

/** One SSH connection to a bare machine, as the VM whose identity it has, and `true`. */
export async function firstCommand(host: ScratchHost, vmDirectory: string): Promise<void> {
  const target = {
    host: '127.0.0.1',
    port: BARE_PORT,
    username: 'root',
    privateKey: readFileSync(join(host.stateDirectory, 'keys/id_ed25519'), 'utf8'),
    hostKey: readFileSync(join(vmDirectory, 'known_hosts'), 'utf8').replace(/^\S+ /, '').trim(),
  };
  const connection = await connectWhenReady(new Ssh2Client(), target, {
    deadlineMs: Date.now() + 120_000,
    retryDelayMs: 50,
  });
  const channel = await connection.open({ line: 'true' });
  channel.stdout.resume();
  channel.stderr.resume();
  const { exitCode } = await channel.exited;
  connection.close();
  if (exitCode !== 0) throw new Error(`true ended with ${exitCode}`);
}
