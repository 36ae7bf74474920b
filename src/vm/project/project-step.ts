import { Injectable } from '@nestjs/common';
import { TimeoutError } from '../../core/errors/index.js';
import type { OperationContext, StepContext } from '../../core/operations/index.js';
import { SshConnectError } from '../../core/ssh/index.js';
import type { Vm } from '../vm.types.js';
import { GuestRunner } from './guest-run.js';
import type { GuestRun } from './guest-run.js';
import { placeArguments, PLACE_SCRIPT } from './place-files.js';
import { ProjectStepFailedError } from './project.errors.js';
import type { Project } from './project-reader.js';

/** `ms`; a setup that waits for something that never comes must not hold the VM for ever */
const SETUP_LIMIT_MS = 60 * 60 * 1000;
const PLACE_LIMIT_MS = 60 * 1000;

interface ProjectRun extends Omit<GuestRun, 'what'> {
  readonly step: 'files' | 'setup';
}

/** What the project file wants done in the guest, once the repository is there. Nothing of it runs on the host. */
@Injectable()
export class ProjectStep {
  constructor(private readonly guest: GuestRunner) {}

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
    { step, run }: { step: StepContext; run: ProjectRun },
  ): Promise<void> {
    const what = `the ${run.step} of ${file}`;
    const { exitCode, stoppedBy, outputTail } = await this.guest.run(
      vm,
      { ...run, what },
      { operation, step },
    );
    if (stoppedBy === 'time') throw new TimeoutError(what, run.limitMs);
    if (stoppedBy === 'connection') throw new SshConnectError('lost', vm.name);
    if (exitCode !== 0) throw new ProjectStepFailedError({ file, step: run.step, exitCode, outputTail });
  }
}
