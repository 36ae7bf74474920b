import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeKnownVms } from './known-vms.js';
import type { RunningVm } from './known-vms.js';
import type { ScratchHost } from './scratch-host.js';

/**
 * What a daemon sees of running VMs, without the VMs: a process for each, and sockets that answer as QEMU 7.2 and its
 * guest agent do, byte for byte as long. A hundred real ones would need 50 GiB; it is the daemon's cost that is measured.
 */
export class StandInVmms {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #processes: ChildProcess[] = [];

  /** Writes them into the database of a daemon that does not run: the next start takes them up. */
  async start(host: ScratchHost, count: number): Promise<void> {
    const vms: RunningVm[] = [];
    for (let index = 0; index < count; index += 1) {
      const id = `vm_bench${String(index).padStart(6, '0')}`;
      vms.push({ id, machine: await this.#startOne(host, id) });
    }
    writeKnownVms(host, count, vms);
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))));
  }

  async #startOne(host: ScratchHost, id: string): Promise<object> {
    const runtimeDirectory = join(host.runtimeDirectory, 'vm', id);
    const directory = join(host.stateDirectory, 'vms', id);
    for (const path of [runtimeDirectory, directory]) mkdirSync(path, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, 'root.qcow2'), 'x'.repeat(200_000));
    await this.#listen(join(runtimeDirectory, 'qmp.sock'), answerAsQemu, QMP_GREETING);
    await this.#listen(join(runtimeDirectory, 'agent.sock'), answerAsAgent);
    await this.#listen(join(runtimeDirectory, 'console.sock'), () => undefined);
    const child = spawn('sleep', ['infinity'], { stdio: 'ignore' });
    this.#processes.push(child);
    const pid = child.pid ?? 0;
    const startTicks = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]);
    await new Promise((done) => setTimeout(done, 20));
    return {
      id,
      process: { pid, startTicks, executable: readlinkSync(`/proc/${pid}/exe`) },
      accelerator: 'kvm',
      runtimeDirectory,
      consolePath: join(directory, 'console.log'),
      logPath: join(directory, 'vmm.log'),
    };
  }

  async #listen(
    path: string,
    answer: (line: string) => string | undefined,
    greeting?: string,
  ): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      if (greeting !== undefined) socket.write(greeting);
      createInterface({ input: socket }).on('line', (line) => {
        const text = answer(line);
        if (text !== undefined) socket.write(text, 'latin1');
      });
    });
    this.#servers.push(server);
    await new Promise<void>((done) => server.listen(path, done));
  }
}

const QMP_GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}\r\n';

const DISK_STATS = {
  unmap_operations: 0,
  unmap_merged: 0,
  flush_total_time_ns: 81203123,
  wr_highest_offset: 61276160,
  wr_total_time_ns: 912312312,
  failed_wr_operations: 0,
  failed_rd_operations: 0,
  wr_merged: 0,
  wr_bytes: 61276160,
  timed_stats: [],
  failed_unmap_operations: 0,
  failed_flush_operations: 0,
  account_invalid: false,
  rd_total_time_ns: 712312312,
  invalid_unmap_operations: 0,
  flush_operations: 120,
  wr_operations: 5121,
  unmap_bytes: 0,
  rd_merged: 0,
  rd_bytes: 91276160,
  unmap_total_time_ns: 0,
  invalid_flush_operations: 0,
  account_failed: true,
  rd_operations: 8121,
  invalid_wr_operations: 0,
  invalid_rd_operations: 0,
};
const DRIVES = [0, 1, 2].map((index) => ({
  device: '',
  parent: {
    stats: DISK_STATS,
    'node-name': `#block${index}27`,
    'driver-specific': { driver: 'file', 'discard-bytes-ok': 0, 'discard-nb-ok': 0, 'discard-nb-failed': 0 },
  },
  stats: DISK_STATS,
  'node-name': `drive${index}`,
  qdev: `/machine/peripheral-anon/device[${index}]/virtio-backend`,
}));
const GUEST_STATS = {
  stats: {
    'stat-htlb-pgalloc': 0,
    'stat-swap-out': 0,
    'stat-available-memory': 883_000_000,
    'stat-htlb-pgfail': 0,
    'stat-free-memory': 700_000_000,
    'stat-minor-faults': 812_312,
    'stat-major-faults': 812,
    'stat-total-memory': 1_020_268_544,
    'stat-swap-in': 0,
    'stat-disk-caches': 112_312_312,
  },
  'last-update': 1_795_640_940,
};
const INTERFACES = ['lo', 'eth0'].map((name) => ({
  name,
  'ip-addresses': [{ 'ip-address-type': 'ipv4', 'ip-address': '10.0.2.15', prefix: 24 }],
  statistics: {
    'tx-packets': 8123,
    'tx-errs': 0,
    'rx-bytes': 3_123_123,
    'rx-dropped': 0,
    'rx-packets': 9123,
    'rx-errs': 0,
    'tx-bytes': 912_312,
    'tx-dropped': 0,
  },
  'hardware-address': '52:54:00:00:00:01',
}));

const QMP_ANSWERS: Readonly<Record<string, unknown>> = {
  'query-status': { status: 'running', singlestep: false, running: true },
  'query-blockstats': DRIVES,
  'qom-get': GUEST_STATS,
  'human-monitor-command': '',
};
const AGENT_ANSWERS: Readonly<Record<string, unknown>> = { 'guest-network-get-interfaces': INTERFACES };

function answerAsQemu(line: string): string {
  const { execute, id } = JSON.parse(line) as { execute: string; id: number };
  return `${JSON.stringify({ return: QMP_ANSWERS[execute] ?? {}, id })}\r\n`;
}

function answerAsAgent(line: string): string {
  // A sync begins with a byte that is no JSON.
  const {
    execute,
    id,
    arguments: args,
  } = JSON.parse(line.replace(/^[^{]+/, '')) as {
    execute: string;
    id?: number;
    arguments?: { id?: number };
  };
  if (execute === 'guest-sync-delimited') return `\u00ff{"return": ${args?.id}}\n`;
  if (execute === 'guest-get-time') return `${JSON.stringify({ return: Date.now() * 1e6, id })}\n`;
  const refusal = { error: { class: 'CommandNotFound', desc: `${execute} is not known here` }, id };
  const answer = AGENT_ANSWERS[execute];
  return `${JSON.stringify(answer === undefined ? refusal : { return: answer, id })}\n`;
}
