import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Jobs } from '../core/jobs/index.js';
import { LOGGER } from '../core/logging/index.js';
import type { Logger } from '../core/logging/index.js';
import { OperationRunner } from '../core/operations/index.js';
import { HostDirectories } from '../host/index.js';
import type { VmBrief } from '../vm/index.js';
import { ModulesAtStart } from './modules-at-start.js';

interface StartNote {
  readonly what: string;
  readonly done: string;
}

/** What happens between the start of a daemon and its first answer: the books and the machine agree again. Nest listens after it. */
@Injectable()
export class Reconciler implements OnApplicationBootstrap {
  #notes: StartNote[] = [];

  constructor(
    private readonly directories: HostDirectories,
    private readonly operations: OperationRunner,
    private readonly modules: ModulesAtStart,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What the start of this daemon changed, told once. */
  takeNotes(): StartNote[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.directories.prepareRoots();
    const interrupted = await this.operations.markInterrupted();
    for (const { id, kind } of interrupted)
      this.logger.warn({ operation: id, kind }, 'operation was interrupted');
    const { before, after } = await this.modules.run();
    this.#notes = [
      ...interrupted.map(({ kind, subject }) => ({
        what: `${kind} of ${subject.name} was interrupted`,
        done: 'undone, or finished where it was past that',
      })),
      ...[...before].flatMap(([id, vm]) => changed(vm, after.get(id))),
    ];
    this.jobs.begin();
  }
}

function changed(before: VmBrief, after: VmBrief | undefined): StartNote[] {
  const what = `VM ${before.name} was ${before.state} in the books when the daemon started`;
  if (after === undefined) return [{ what, done: 'removed, since it was half done' }];
  if (after.state === before.state) return [];
  if (after.state === 'running') return [{ what, done: 'taken up: it runs' }];
  const why = after.why === undefined ? '' : `: ${after.why}`;
  return [{ what, done: `marked as ${after.state}${why}; start it again: banger vm start ${after.name}` }];
}
