import { Injectable } from '@nestjs/common';
import { cancellation, TimeoutError } from '../../core/errors/index.js';
import type { OperationContext, StepContext } from '../../core/operations/index.js';
import { openChannel, SshConnectError } from '../../core/ssh/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { guestCommandLine } from '../exec/guest-command-line.js';
import type { Vm } from '../vm.types.js';
import { OutputLines } from './output-lines.js';
import { placeArguments, PLACE_SCRIPT } from './place-files.js';
import { ProjectStepFailedError } from './project.errors.js';
import type { Project } from './project-reader.js';

/** `ms`; a setup that waits for something that never comes must not hold the VM for ever */
const SETUP_LIMIT_MS = 60 * 60 * 1000;
const PLACE_LIMIT_MS = 60 * 1000;

interface GuestRun {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly step: 'files' | 'setup';
  readonly limitMs: number;
}

/** What the project file wants done in the guest, once the repository is there. Nothing of it runs on the host. */
@Injectable()
export class ProjectStep {
  constructor(private readonly access: GuestAccess) {}

  /** Steps `project.files` and `project.setup`. @param guestPath top of the repository in the guest */
  async run(vm: Vm, project: Project, guestPath: string, operation: OperationContext): Promise<void> {
    const { files, setup } = project;
    if (files.length > 0)
      await operation.step('project.files', 'placing files of the project', (step) =>
        this.#inGuest(vm, project, operation, {
          step,
          run: {
            step: 'files',
            command: ['sh', '-c', PLACE_SCRIPT, 'sh', ...placeArguments(files)],
            cwd: guestPath,
            limitMs: PLACE_LIMIT_MS,
          },
        }),
      );
    if (setup !== undefined)
      await operation.step('project.setup', 'setting the project up', (step) =>
        this.#inGuest(vm, project, operation, {
          step,
          run: { step: 'setup', command: ['sh', '-ec', setup], cwd: guestPath, limitMs: SETUP_LIMIT_MS },
        }),
      );
  }

  async #inGuest(
    vm: Vm,
    { file }: Project,
    operation: OperationContext,
    { step, run }: { step: StepContext; run: GuestRun },
  ): Promise<void> {
    const { signal } = operation;
    const limit = AbortSignal.timeout(run.limitMs);
    const connection = await this.access.connect(vm, signal);
    const line = guestCommandLine({ command: run.command, cwd: run.cwd, env: vm.env });
    const stop = AbortSignal.any([signal, limit]);
    const what = `the ${run.step} of ${file}`;
    const reason = (): Error =>
      signal.aborted ? cancellation(signal, what) : new TimeoutError(what, run.limitMs);
    const channel = await openChannel(connection, { line }, stop, reason);
    const abort = (): void => {
      channel.signal('TERM');
      channel.close();
    };
    const lines = new OutputLines((text) => {
      operation.output(text);
      step.detail(text);
    });
    try {
      stop.addEventListener('abort', abort, { once: true });
      if (stop.aborted) abort();
      channel.stdin.end();
      channel.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
      channel.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
      const exit = await channel.exited;
      if (stop.aborted) throw reason();
      if (exit.cutOff === true) throw new SshConnectError('lost', vm.name);
      if (exit.exitCode === 0) return;
      throw new ProjectStepFailedError({
        file,
        step: run.step,
        exitCode: exit.exitCode,
        outputTail: lines.tail,
      });
    } finally {
      stop.removeEventListener('abort', abort);
      channel.close();
    }
  }
}
