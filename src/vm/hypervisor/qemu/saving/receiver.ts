import type { ProcessIdentity, ProcessRunner } from '../../../../core/process/index.js';
import { VmmProtocolError } from '../../hypervisor.errors.js';
import type { MachineRecord, SnapshotHelper } from '../../hypervisor.js';
import { launchAttempt, launchFailure } from '../launch-attempt.js';
import { processMarker, QEMU_BINARY, qemuSockets } from '../qemu-arguments.js';
import { QmpClient } from '../qmp-client.js';
import { connectUnixSocket } from '../unix-socket.adapter.js';
import { logTail } from '../vmm-log.adapter.js';
import { vmmUser } from '../vmm-user.js';
import { receiverArguments } from './receiver-arguments.js';
import { reach } from './migration.js';
import { saveMachine } from './save-machine.js';

const END_LIMIT_MS = 10_000;

export interface ReceiverOrder {
  readonly source: MachineRecord;
  /** descriptor of the memory that it fills */
  readonly memory: number;
  readonly statePath: string;
  readonly memoryMib: number;
  readonly driveBytes: ReadonlyMap<string, number>;
  readonly helper: SnapshotHelper;
  readonly signal: AbortSignal;
}

/**
 * A QEMU that only takes in the state of another one. The memory that it takes in guests can share, other than that in a
 * stream, of which each would have a copy; the one that runs cannot be given such memory later on.
 */
export class Receiver {
  private constructor(
    private readonly runner: ProcessRunner,
    private readonly order: ReceiverOrder,
    private readonly process: ProcessIdentity,
    private readonly qmp: QmpClient,
  ) {}

  /** Listens when this resolves. When it rejects no process is left. */
  static async start(runner: ProcessRunner, order: ReceiverOrder): Promise<Receiver> {
    const { source, memory, memoryMib, driveBytes, helper, signal } = order;
    const argv = await commandLine(runner, source);
    const args = receiverArguments(argv, {
      marker: processMarker(helper.id),
      memoryMib,
      runtimeDirectory: helper.runtimeDirectory,
      sourceDirectory: source.runtimeDirectory,
      driveBytes,
    });
    const child = await runner.spawnDetached({
      file: QEMU_BINARY,
      args,
      cwd: '/',
      logPath: helper.logPath,
      inherit: [memory],
      ...(await vmmUser(helper.uid, source.accelerator)),
    });
    const attempt = launchAttempt(child, signal, 'the receiver of a snapshot');
    try {
      const socket = await connectUnixSocket(qemuSockets(helper.runtimeDirectory).qmp, attempt.signal);
      const [qmp] = await Promise.all([
        QmpClient.open(socket, attempt.signal),
        helper.onSpawn(child.identity),
      ]);
      const receiver = new Receiver(runner, order, child.identity, qmp);
      await qmp.execute('migrate-incoming', { uri: receiver.uri });
      return receiver;
    } catch (error) {
      const ended = await attempt.endedByItself(error);
      await endProcess(runner, child.identity);
      throw ended === undefined ? error : launchFailure(ended, await logTail(helper.logPath, 0));
    } finally {
      attempt.dispose();
    }
  }

  /** for the source */
  get uri(): string {
    return `unix:${this.order.helper.runtimeDirectory}/incoming.sock`;
  }

  /** When the source has sent all: it says so a moment before the last of it has been taken in. */
  async save(): Promise<void> {
    const { statePath, helper, signal } = this.order;
    await reach(this.qmp, 'completed', { command: 'migrate-incoming', signal });
    await saveMachine(this.qmp, { statePath, runtimeDirectory: helper.runtimeDirectory, signal });
  }

  async end(): Promise<void> {
    this.qmp.close();
    await endProcess(this.runner, this.process);
  }
}

async function commandLine(
  runner: ProcessRunner,
  { process, id }: MachineRecord,
): Promise<readonly string[]> {
  const found = await runner.findByArguments((argv) => argv.includes(processMarker(id)));
  const own = found.find(({ identity }) => identity.pid === process.pid);
  if (own === undefined) throw new VmmProtocolError('migrate', 'its process is gone');
  return own.argv.filter((argument, at) => at < own.argv.length - 1 || argument !== '');
}

async function endProcess(runner: ProcessRunner, process: ProcessIdentity): Promise<void> {
  await runner.signal(process, 'SIGKILL');
  await runner.waitForExit(process, { timeoutMs: END_LIMIT_MS });
}
