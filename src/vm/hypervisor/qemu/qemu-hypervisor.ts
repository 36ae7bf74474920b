import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { cancellation, SocketPathTooLongError } from '../../../core/errors/index.js';
import { HostBinaryMissingError, ProcessRunner } from '../../../core/process/index.js';
import type { DetachedProcess, ExitStatus, ProcessIdentity } from '../../../core/process/index.js';
import { Hypervisor } from '../hypervisor.js';
import type {
  Accelerator,
  HypervisorFeatures,
  HypervisorProbe,
  Machine,
  MachineRecord,
  MachineSpec,
  RestoreSource,
} from '../hypervisor.js';
import { AgentClient } from './agent-client.js';
import { ConsoleLog } from './console-log.adapter.js';
import { DiskHalts } from './disk-halt.js';
import { deadline, launchAttempt, launchFailure } from './launch-attempt.js';
import {
  processMarker,
  QEMU_BINARY,
  qemuArguments,
  qemuSockets,
  RESTORE_DESCRIPTORS,
} from './qemu-arguments.js';
import { setCable } from './port-forwards.js';
import { QemuMachine } from './qemu-machine.js';
import { probeQemu } from './qemu-probe.adapter.js';
import { QmpClient } from './qmp-client.js';
import { randomId } from './random-id.adapter.js';
import { runOn } from './saving/live-snapshot.js';
import { fillMemory, withMemory } from './saving/memory-descriptor.adapter.js';
import { migrate } from './saving/migration.js';
import { makeMemoryFile, withFile } from './saving/saved-files.adapter.js';
import { SealedMemories } from './saving/sealed-memory.adapter.js';
import { connectUnixSocket } from './unix-socket.adapter.js';
import { vmmUser } from './vmm-user.js';
import { logSize, logTail } from './vmm-log.adapter.js';

const MIB = 1024 * 1024;
const ADOPT_LIMIT_MS = 10_000;
const END_LIMIT_MS = 10_000;
/** `ms` for which it counts that KVM did not work: a hanging one takes 1.2 s of a CPU to see */
const EMULATED_FOR_MS = 5 * 60_000;
/** between two looks at a VMM that an earlier daemon started */
const LOOK_EVERY_MS = 20_000;

/** One of each that a machine can have: what is made of it shows every change of the machine. */
const REFERENCE_SPEC: MachineSpec = {
  id: 'reference',
  name: 'reference',
  cpus: 1,
  memoryMib: 1024,
  kernelPath: '/kernel',
  initrdPath: '/initrd',
  bootArguments: [],
  drives: [{ serial: 'drive', path: '/drive', format: 'raw', readOnly: false }],
  nics: [{ type: 'user', mac: '52:54:00:00:00:00', forwards: [] }],
  consolePath: '/console',
  logPath: '/log',
  runtimeDirectory: '/run',
};

type Connections = { halts: DiskHalts; qmp: QmpClient; agent: AgentClient; console: ConsoleLog };

@Injectable()
export class QemuHypervisor extends Hypervisor {
  readonly kind = 'qemu';
  readonly features: HypervisorFeatures = {
    userNetwork: true,
    acpiShutdown: true,
    diskHotplug: false,
    memorySnapshots: true,
    liveSnapshots: true,
    liveForwards: true,
    liveMemory: true,
    // QEMU 7.2 has no counters for its user network
    networkCounters: false,
  };
  #probe: Promise<HypervisorProbe> | undefined;
  /** when KVM is tried again */
  #emulatedUntil: number | undefined;

  readonly #memories: SealedMemories;

  constructor(private readonly runner: ProcessRunner) {
    super();
    this.#memories = new SealedMemories(runner);
  }

  async probe(): Promise<HypervisorProbe> {
    this.#probe ??= probeQemu(this.runner);
    const probe = await this.#probe;
    // QEMU may be installed while the daemon runs.
    if (!probe.available) this.#probe = undefined;
    else if (probe.accelerator !== 'kvm') this.#lookAgain();
    return probe;
  }

  /** KVM may come while the daemon runs, and a busy host may have been too slow once. Nobody waits for the second look. */
  #lookAgain(): void {
    const now = performance.now();
    if (this.#emulatedUntil !== undefined && now >= this.#emulatedUntil)
      void probeQemu(this.runner).then(
        (probe) => (this.#probe = Promise.resolve(probe)),
        () => undefined,
      );
    else if (this.#emulatedUntil !== undefined) return;
    this.#emulatedUntil = now + EMULATED_FOR_MS;
  }

  async launch(
    spec: MachineSpec,
    { signal, onSpawn }: { signal: AbortSignal; onSpawn: (process: ProcessIdentity) => Promise<void> },
  ): Promise<Machine> {
    for (const path of Object.values(qemuSockets(spec.runtimeDirectory))) SocketPathTooLongError.check(path);
    const { available, accelerator = 'tcg' } = await this.probe();
    if (!available) throw new HostBinaryMissingError(QEMU_BINARY);
    if (signal.aborted) throw cancellation(signal, `starting ${spec.name}`);
    const logStart = await logSize(spec.logPath);
    const child = await this.#spawn(spec, accelerator);
    const record: MachineRecord = {
      id: spec.id,
      process: child.identity,
      accelerator,
      runtimeDirectory: spec.runtimeDirectory,
      consolePath: spec.consolePath,
      logPath: spec.logPath,
    };
    const attempt = launchAttempt(child, signal, spec.name);
    try {
      const [connections] = await Promise.all([
        this.#connect(record, attempt.signal),
        onSpawn(child.identity),
      ]);
      if (spec.restoreFrom !== undefined) {
        const uri = `fd:${RESTORE_DESCRIPTORS.state}`;
        await migrate(connections.qmp, 'migrate-incoming', { uri, signal: attempt.signal });
        await setCable(connections.qmp, false);
      }
      // Not before: the guest must not run while nobody knows of it, and nothing of its console is lost.
      await connections.qmp.execute('cont');
      return new QemuMachine(record, {
        runner: this.runner,
        ...connections,
        exited: child.exited,
        stopWaiting: () => undefined,
        saveTo: spec.saveTo,
      });
    } catch (error) {
      const ended = await attempt.endedByItself(error);
      await this.#end(child.identity);
      if (ended === undefined) throw error;
      throw launchFailure(ended, await logTail(spec.logPath, logStart));
    } finally {
      attempt.dispose();
    }
  }

  async adopt(record: MachineRecord): Promise<Machine | undefined> {
    if (!(await this.runner.isAlive(record.process))) return undefined;
    using limit = deadline(ADOPT_LIMIT_MS, `connecting to the VMM of ${record.id}`);
    const connections = await this.#connect(record, limit);
    try {
      // The earlier daemon died between starting the VMM and letting the guest run, or while it made a snapshot.
      await runOn(connections.qmp);
      await connections.halts.look(connections.qmp);
    } catch (error) {
      for (const connection of [connections.qmp, connections.agent, connections.console]) connection.close();
      throw error;
    }
    const waiting = new AbortController();
    return new QemuMachine(record, {
      runner: this.runner,
      ...connections,
      exited: this.#exitOfStranger(record.process, connections.qmp.closed, waiting.signal),
      stopWaiting: () => waiting.abort(),
    });
  }

  override controlSockets(runtimeDirectory: string): readonly string[] {
    return Object.values(qemuSockets(runtimeDirectory)) as string[];
  }

  layout(): string {
    return qemuArguments(REFERENCE_SPEC, 'tcg').join(' ');
  }

  processMarker(id: string): string {
    return processMarker(id);
  }

  async #spawn(spec: MachineSpec, accelerator: Accelerator): Promise<DetachedProcess> {
    const { niceness, saveTo, restoreFrom } = spec;
    const request = {
      file: QEMU_BINARY,
      args: qemuArguments(spec, accelerator),
      cwd: '/',
      logPath: spec.logPath,
      ...(await vmmUser(spec.uid, accelerator)),
      ...(niceness !== undefined && { niceness }),
    };
    if (saveTo !== undefined) await makeMemoryFile(saveTo.memoryPath, spec);
    if (restoreFrom === undefined) return await this.runner.spawnDetached(request);
    return await this.#withMemory(restoreFrom, spec.memoryMib, (memory) =>
      withFile(restoreFrom.statePath, (state) =>
        this.runner.spawnDetached({ ...request, inherit: [memory, state] }),
      ),
    );
  }

  async #withMemory<T>(
    { memoryPath, once }: RestoreSource,
    memoryMib: number,
    body: (descriptor: number) => Promise<T>,
  ): Promise<T> {
    if (once !== true) return await this.#memories.use(memoryPath, body);
    return await withMemory(this.runner, memoryMib * MIB, async (memory) => {
      await fillMemory(this.runner, memory, memoryPath);
      return await body(memory);
    });
  }

  async #connect(record: MachineRecord, signal: AbortSignal): Promise<Connections> {
    const sockets = qemuSockets(record.runtimeDirectory);
    const halts = new DiskHalts();
    const socket = await connectUnixSocket(sockets.qmp, signal);
    const qmp = await QmpClient.open(socket, signal, (event) => halts.hear(event));
    try {
      // QEMU listens on all of them before it greets.
      const console = await ConsoleLog.open(
        record.consolePath,
        await connectUnixSocket(sockets.console, signal),
      );
      const agent = new AgentClient(record.id, await connectUnixSocket(sockets.agent, signal), randomId);
      return { halts, qmp, agent, console };
    } catch (error) {
      qmp.close();
      throw error;
    }
  }

  async #end(process: ProcessIdentity): Promise<void> {
    await this.runner.signal(process, 'SIGKILL');
    await this.runner.waitForExit(process, { timeoutMs: END_LIMIT_MS });
  }

  /**
   * The process is no child of ours. Its monitor's connection ends with it; a look now and then is for one that ends
   * otherwise. Looking four times a second at each of a hundred VMs would take more of the CPU than all else.
   */
  async #exitOfStranger(
    process: ProcessIdentity,
    connectionEnded: Promise<void>,
    signal: AbortSignal,
  ): Promise<ExitStatus> {
    let connected = true;
    const ended = connectionEnded.then(() => (connected = false));
    while (!signal.aborted) {
      const look = new AbortController();
      const looks = delay(LOOK_EVERY_MS, undefined, { signal: look.signal }).catch(() => undefined);
      signal.addEventListener('abort', () => look.abort(), { once: true, signal: look.signal });
      await Promise.race([ended, looks]);
      look.abort();
      const timeoutMs = connected ? 0 : END_LIMIT_MS;
      if (await this.runner.waitForExit(process, { signal, timeoutMs }))
        return { exitCode: null, signal: null };
    }
    return new Promise<never>(() => undefined);
  }
}
