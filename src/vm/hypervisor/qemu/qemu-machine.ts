import type { PublishedPort } from '../../../contract/index.js';
import type { ExitStatus, ProcessRunner } from '../../../core/process/index.js';
import { TimeoutError } from '../../../core/errors/index.js';
import { VmmProtocolError } from '../hypervisor.errors.js';
import { Machine } from '../hypervisor.js';
import type { TellOptions } from '../guest-channels.js';
import type {
  DiskHalt,
  MachineEnder,
  MachineExit,
  MachineRecord,
  MachineStats,
  RunState,
  SavedMachine,
  SnapshotOrder,
} from '../hypervisor.js';
import type { AgentClient } from './agent-client.js';
import type { DiskHalts } from './disk-halt.js';
import { drivesNow, resizeDrive } from './drive-size.js';
import { setCable, setForwards } from './port-forwards.js';
import { MachineStatsQuery, parseRunState } from './machine-stats.js';
import { qemuSockets } from './qemu-arguments.js';
import type { QmpClient } from './qmp-client.js';
import { isRecord } from './qmp-protocol.js';
import { saveMachine } from './saving/save-machine.js';
import { snapshotMachine } from './saving/snapshot-machine.js';
import { tellGuest } from './tell-guest.js';
import { connectUnixSocket } from './unix-socket.adapter.js';
import { boundLog } from './vmm-log.adapter.js';

const AGENT_PATIENCE_MS = 1_500;
const AGENT_SHUTDOWN_TIMEOUT_MS = 120_000;
/** A process that ends closes its sockets a moment before it is gone. */
const EXIT_REPORT_MS = 2_000;
const KILL_TIMEOUT_MS = 10_000;
const DRAIN_MS = 1_000;
const MIB = 1024 * 1024;

export interface QemuMachineParts {
  readonly runner: ProcessRunner;
  readonly qmp: QmpClient;
  readonly halts: Pick<DiskHalts, 'current'>;
  readonly agent: AgentClient;
  readonly console: { readonly finished: Promise<void>; close(): void };
  readonly exited: Promise<ExitStatus>;
  /** ends the wait behind `exited` without an answer */
  readonly stopWaiting: () => void;
  /** undefined for a machine that was not started to be saved, or by an earlier daemon */
  readonly saveTo?: SavedMachine | undefined;
}

export class QemuMachine extends Machine {
  readonly agent: AgentClient;
  readonly exited: Promise<MachineExit>;
  readonly #unboundLog: () => void;
  readonly #stats: MachineStatsQuery;

  constructor(
    readonly record: MachineRecord,
    private readonly parts: QemuMachineParts,
  ) {
    super();
    this.agent = parts.agent;
    this.#stats = new MachineStatsQuery(parts.qmp);
    this.#unboundLog = boundLog(record.logPath);
    this.exited = this.#ended(parts.exited);
  }

  /**
   * The agent's own shutdown command and ACPI both need a guest with dbus and logind, systemctl does not. A guest that
   * is still booting takes seconds to answer it: then ACPI is tried as well (asked twice, a guest shuts down once),
   * and systemctl goes on. It must not get a short time limit: its end would kill it in the guest, request and all.
   */
  async requestShutdown(): Promise<void> {
    const answered = await Promise.race([this.#askAgent(), delay(AGENT_PATIENCE_MS)]);
    if (answered === true) return;
    try {
      await this.parts.qmp.execute('system_powerdown');
    } catch (error) {
      // The guest may be off before the agent's answer, or ACPI's, has come.
      const { runner } = this.parts;
      if (!(await runner.waitForExit(this.record.process, { timeoutMs: EXIT_REPORT_MS }))) throw error;
    }
  }

  async tell(input: Buffer, options: TellOptions): Promise<string> {
    const { id, runtimeDirectory } = this.record;
    const socket = await connectUnixSocket(qemuSockets(runtimeDirectory).tell, options.signal);
    return tellGuest(socket, input, { vm: id, ...options });
  }

  async kill(): Promise<void> {
    const { runner } = this.parts;
    const { process } = this.record;
    await runner.signal(process, 'SIGKILL');
    if (!(await runner.waitForExit(process, { timeoutMs: KILL_TIMEOUT_MS }))) {
      throw new TimeoutError(`the end of process ${process.pid}`, KILL_TIMEOUT_MS, {
        why: 'a killed process stays while the kernel waits for its disk or network storage',
      });
    }
  }

  async setForwards(forwards: readonly PublishedPort[]): Promise<void> {
    await setForwards(this.parts.qmp, forwards);
  }

  async setMemory(mib: number): Promise<void> {
    await this.parts.qmp.execute('balloon', { value: mib * MIB });
  }

  async memory(): Promise<number> {
    const balloon = await this.parts.qmp.execute('query-balloon');
    const actual = isRecord(balloon) ? balloon['actual'] : undefined;
    if (typeof actual !== 'number') throw new VmmProtocolError('query-balloon', 'nonsense in its answer');
    return Math.round(actual / MIB);
  }

  async resizeDrive(serial: string, bytes: number): Promise<void> {
    await resizeDrive(this.parts.qmp, serial, bytes);
  }

  get diskHalt(): DiskHalt | undefined {
    return this.parts.halts.current;
  }

  async resume(): Promise<void> {
    await this.parts.qmp.execute('cont');
  }

  async runState({ timeoutMs }: { timeoutMs: number }): Promise<RunState> {
    return parseRunState(await this.parts.qmp.execute('query-status', undefined, timeoutMs));
  }

  async stats({ timeoutMs }: { timeoutMs: number }): Promise<MachineStats> {
    return await this.#stats.query(timeoutMs);
  }

  async save({ signal }: { signal: AbortSignal }): Promise<void> {
    const { qmp, saveTo } = this.parts;
    if (saveTo === undefined) throw new VmmProtocolError('migrate', 'it was not started to be saved');
    const { runtimeDirectory } = this.record;
    await saveMachine(qmp, { statePath: saveTo.statePath, runtimeDirectory, signal });
  }

  async plugIn(): Promise<void> {
    await setCable(this.parts.qmp, true);
  }

  async drivePaths(): Promise<ReadonlyMap<string, string>> {
    const drives = await drivesNow(this.parts.qmp);
    return new Map([...drives].map(([serial, { path }]) => [serial, path]));
  }

  async snapshot(order: SnapshotOrder): Promise<number> {
    const { runner, qmp } = this.parts;
    return snapshotMachine({ runner, qmp, record: this.record }, order);
  }

  detach(): void {
    this.parts.stopWaiting();
    this.#letGo();
  }

  /** Whoever learns of the end may want to read why: the console's and the monitor's last words are there by then. */
  async #ended(processEnded: Promise<ExitStatus>): Promise<MachineExit> {
    const status = await processEnded;
    const { console, qmp } = this.parts;
    await Promise.race([Promise.all([console.finished, qmp.closed]), delay(DRAIN_MS)]);
    this.#letGo();
    const by = endedBy(qmp.shutdownReason);
    return { ...status, ...(by !== undefined && { by }) };
  }

  async #askAgent(): Promise<boolean> {
    try {
      const { exitCode } = await this.agent.exec(['systemctl', '--no-wall', 'poweroff'], {
        timeoutMs: AGENT_SHUTDOWN_TIMEOUT_MS,
      });
      return exitCode === 0;
    } catch {
      return false;
    }
  }

  #letGo(): void {
    this.#unboundLog();
    this.parts.qmp.close();
    this.parts.agent.close();
    this.parts.console.close();
  }
}

function endedBy(reason: string | undefined): MachineEnder | undefined {
  if (reason === 'guest-shutdown') return 'guest-off';
  if (reason === 'guest-reset' || reason === 'guest-panic') return reason;
  return reason?.startsWith('host-') === true ? 'host' : undefined;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
