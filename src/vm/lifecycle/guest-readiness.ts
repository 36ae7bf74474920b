import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { connectWhenReady, SshClient, SshPool } from '../../core/ssh/index.js';
import { GuestAccess } from '../access/guest-access.js';
import type { ExitStatus } from '../../core/process/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { adoptIdentity } from '../identity/adopt-identity.js';
import type { RestorePoint } from '../saving/restore-point.js';
import { endOf } from '../machine-end.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmBootFailedError } from '../vm.errors.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';
import type { Launched } from './launch.service.js';

/** `bytes` of console shown when a guest does not come up */
const CONSOLE_TAIL = 4096;

/** Waits until a guest can be used: its agent, then its SSH server. Whatever prevents it becomes one error with the console. */
@Injectable()
export class GuestReadiness {
  constructor(
    private readonly config: Config,
    private readonly access: GuestAccess,
    private readonly ssh: SshClient,
    private readonly pool: SshPool,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
  ) {}

  /** @param from the saved machine that it goes on from: then it has to be told who it is */
  async wait(
    { vm, machine, draft }: Launched,
    operation: OperationContext,
    from: RestorePoint | undefined,
  ): Promise<void> {
    const deadlineMs = performance.now() + this.config.values.bootTimeoutMs;
    const limits = { deadlineMs, signal: operation.signal };
    if (from !== undefined)
      await operation.step('guest.adopt', 'giving it its identity', () =>
        this.#guard(vm, machine, { ...limits, stage: 'it did not take on its identity' }, async (signal) => {
          await machine.agent.waitReady({ signal });
          await adoptIdentity(machine, { ...draft, hostName: vm.name, adopter: from.adopter, signal });
          await machine.plugIn();
        }),
      );
    else
      await operation.step('guest.boot', 'booting', () =>
        this.#guard(vm, machine, { ...limits, stage: 'its guest agent does not answer' }, (signal) =>
          machine.agent.waitReady({ signal }),
        ),
      );
    await operation.step('guest.connect', 'connecting', () =>
      this.#guard(vm, machine, { ...limits, stage: 'its SSH server does not answer' }, async (signal) => {
        const target = await this.access.target(vm);
        this.pool.put(vm.id, target, await connectWhenReady(this.ssh, target, { deadlineMs, signal }));
      }),
    );
  }

  /** Runs `body` until it is done, the time is up, the machine has ended, or the operation is cancelled. */
  async #guard(
    vm: Vm,
    machine: Machine,
    limits: { stage: string; deadlineMs: number; signal: AbortSignal },
    body: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), Math.max(0, limits.deadlineMs - performance.now()));
    let ended: ExitStatus | undefined;
    const abort = (): void => stop.abort();
    limits.signal.addEventListener('abort', abort, { once: true });
    // cancelled while the step was written down: such a signal calls nobody any more
    if (limits.signal.aborted) abort();
    void machine.exited.then((exit) => {
      ended = exit;
      stop.abort();
    });
    try {
      await body(stop.signal);
    } catch (error) {
      if (limits.signal.aborted) throw limits.signal.reason;
      ended ??= await endOf(machine);
      throw await this.#failure(vm, limits.stage, ended, error);
    } finally {
      clearTimeout(timer);
      limits.signal.removeEventListener('abort', abort);
    }
  }

  async #failure(
    vm: Vm,
    stage: string,
    ended: ExitStatus | undefined,
    cause: unknown,
  ): Promise<VmBootFailedError> {
    const paths = this.paths.of(vm.id);
    const consoleTail = await this.files.tail(paths.console, CONSOLE_TAIL);
    if (ended === undefined) {
      const seconds = this.config.values.bootTimeoutMs / 1000;
      const error = toBangerError(cause, 'the boot');
      const why = error.kind === 'CANCELLED' ? `nothing was heard within ${seconds} s` : error.message;
      return new VmBootFailedError({ vm: vm.name, stage, consoleTail, why, cause });
    }
    const log = (await this.files.tail(paths.vmmLog, CONSOLE_TAIL)).trim();
    const how = ended.signal === null ? `exit status ${ended.exitCode}` : `signal ${ended.signal}`;
    const why = `the machine ended by itself (${how})${log === '' ? '' : `: ${log.split('\n').at(-1)}`}`;
    return new VmBootFailedError({
      vm: vm.name,
      stage: 'it went down while booting',
      consoleTail,
      why,
      cause,
    });
  }
}
