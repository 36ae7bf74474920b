import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { sshSettings } from '../../src/contract/index.js';
import { openByteChannel } from '../../src/core/rpc/client.js';
import type { RpcClient } from '../../src/core/rpc/client.js';
import { interleaved, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { CLEAN_ENV, createVm, residentMib, runCommand } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const KEYS = 200;
/** of the same by ssh -tt, whose terminal ends with it (docs/adr/0010-echo-of-an-attached-terminal.md) */
const ECHO_BUDGET = 3;
const LOG_MIB = 64;
const LOG_RUNS = 3;
const FOLLOWED = 50;
/** `ms` for the followed sessions to be in their stride */
const SETTLE_MS = 5_000;

/** What guest sessions cost, against OpenSSH to the same VM in the same run. */
export async function sessions(host: ScratchHost): Promise<Figure[]> {
  await host.banger('daemon', 'start');
  const client = await host.client();
  await createVm(client, { name: 'sessions' });
  try {
    return [await echo(host, client), await logs(host, client), await followed(host, client)];
  } finally {
    await host.banger('vm', 'delete', '--force', 'sessions');
    await client.close();
  }
}

/** From a key that is typed until its echo is there. */
async function echo(host: ScratchHost, client: RpcClient): Promise<Figure> {
  const { ssh } = await openSsh(client);
  const size = { columns: 80, rows: 24 };
  const terminal = { ...size, term: 'dumb' };
  const { id } = await client.call('session.start', { vm: 'sessions', command: ['cat'], terminal });
  const { token } = await client.call('session.attach.begin', { session: id, terminal: size });
  const channel = await openByteChannel({ socketPath: host.socketPath, token });
  const plain = spawn('ssh', [...ssh, '-tt', 'sessions.vm', 'cat'], {
    env: CLEAN_ENV,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  try {
    const pair = await interleaved(
      KEYS,
      () => keyEcho(plain.stdin, plain.stdout),
      () => keyEcho(channel.stdin, channel.stdout),
    );
    return pairedFigure(
      { name: 'echo of a key in an attached session', floorName: 'ssh -tt', budget: ECHO_BUDGET },
      pair,
    );
  } finally {
    plain.kill();
    await channel.close();
    await client.call('session.kill', { session: id });
  }
}

function keyEcho(to: Writable, from: Readable): Promise<number> {
  return timed(async () => {
    const echoed = new Promise((resolve) => from.once('data', resolve));
    to.write('x');
    await echoed;
  });
}

async function logs(host: ScratchHost, client: RpcClient): Promise<Figure> {
  const { ssh } = await openSsh(client);
  const script = `head -c ${LOG_MIB}M /dev/urandom > /root/log; cat /root/log`;
  const { id } = await client.call('session.start', { vm: 'sessions', command: ['sh', '-c', script] });
  await client.call('session.wait', { session: id });
  const back = join(host.directory, 'log');
  const pair = await interleaved(
    LOG_RUNS,
    () => timed(() => succeed('scp', ['-q', ...ssh, 'sessions.vm:/root/log', back])),
    () => timed(() => succeed('sh', ['-c', `./banger vm session logs ${id} > ${back}`], host.env)),
  );
  return pairedFigure({ name: `logs of ${LOG_MIB} MiB`, floorName: 'scp', budget: 1 / 0.9 }, pair);
}

async function followed(host: ScratchHost, client: RpcClient): Promise<Figure> {
  const { pid } = JSON.parse(await host.banger('daemon', 'status', '--json')) as { pid: number };
  // Of one process each: an emulated guest is busy with fifty that start two others in each second.
  const command = ['perl', '-e', '$| = 1; while (1) { print time, "\\n"; sleep 1 }'];
  const before = residentMib(pid);
  const channels = [];
  for (let count = 0; count < FOLLOWED; count += 1) {
    const { id } = await client.call('session.start', { vm: 'sessions', command });
    const { token } = await client.call('session.logs', { session: id, follow: true });
    const channel = await openByteChannel({ socketPath: host.socketPath, token });
    channel.stdout.resume();
    channels.push(channel);
  }
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const value = residentMib(pid) - before;
  await Promise.all(channels.map((channel) => channel.close()));
  return { name: `following ${FOLLOWED} sessions, daemon`, unit: 'MiB', value, budget: 30, runs: 1 };
}

/** Options for OpenSSH's programs that lead to the VM. */
async function openSsh(client: RpcClient): Promise<{ ssh: string[] }> {
  const settings = sshSettings(await client.call('vm.ssh', { vm: 'sessions' }));
  return { ssh: settings.flatMap(([name, value]) => ['-o', `${name}=${value}`]) };
}

async function succeed(file: string, args: string[], env: NodeJS.ProcessEnv = CLEAN_ENV): Promise<void> {
  const { exitCode, output } = await runCommand(file, args, env);
  if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}: ${output}`);
}
