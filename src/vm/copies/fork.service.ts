import { Injectable } from '@nestjs/common';
import type { VmForkFailure, VmForkParams, VmForkView } from '../../contract/index.js';
import { sideBySide } from '../../core/side-by-side.js';
import { toBangerError } from '../../core/errors/index.js';
import { newId } from '../../core/ids.js';
import { VmChangeRunner } from '../lifecycle/vm-change-runner.js';
import { SnapshotFiles } from '../snapshots/snapshot-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import { toVmView } from '../vm-view.js';
import type { Vm } from '../vm.types.js';
import { CopyPreflight } from './copy-preflight.js';
import type { CopySource } from './copy-steps.js';
import { ForkCapture } from './fork-capture.js';
import type { ForkName } from './fork-names.js';
import { VmCopies } from './vm-copies.js';

/** Copies that are started at the same time: each takes a CPU for a second under emulation. */
const AT_ONCE = 4;

type Wishes = Omit<VmForkParams, 'vm'>;
type Outcome = { readonly vm: Vm } | { readonly failure: VmForkFailure };

/** Makes VMs of one that runs, each of which goes on from the same moment. */
@Injectable()
export class VmForkService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly preflight: CopyPreflight,
    private readonly capture: ForkCapture,
    private readonly files: SnapshotFiles,
    private readonly copies: VmCopies,
    private readonly paths: VmPathFinder,
  ) {}

  /** One copy that fails leaves the others. @throws what stands against all of them, before anything is done */
  async fork(parent: Vm, wishes: Wishes): Promise<VmForkView> {
    const names = await this.preflight.check(parent, wishes);
    const paused = wishes.paused ?? false;
    return this.files.withDirectory(this.paths.of(parent.id).snapshots, newId('snp'), async (directory) => {
      let pausedMs = 0;
      let source: CopySource | undefined;
      await this.changes.change({ vm: parent, method: 'vm.fork', action: 'fork' }, async (vm, operation) => {
        const captured = await this.capture.run(vm, { directory, paused }, operation);
        pausedMs = captured.pausedMs;
        source = captured.source;
        return vm;
      });
      if (source === undefined) return { pausedMs, copies: [] };
      const origin = source;
      const outcomes = await sideBySide(names, AT_ONCE, (one) =>
        this.#copy(parent, { ...one, source: origin, paused }),
      );
      const failures = outcomes.flatMap((outcome) => ('failure' in outcome ? [outcome.failure] : []));
      return {
        pausedMs: Math.round(pausedMs * 10) / 10,
        copies: outcomes.flatMap((outcome) => ('vm' in outcome ? [toVmView(outcome.vm)] : [])),
        ...(failures.length > 0 && { failures }),
      };
    });
  }

  async #copy(
    parent: Vm,
    { name, branch, source, paused }: ForkName & { source: CopySource; paused: boolean },
  ): Promise<Outcome> {
    const { labels, ttlSeconds, idleStopSeconds, restartPolicy } = parent;
    const settings = {
      labels: { ...labels },
      ...(ttlSeconds !== undefined && { ttlSeconds }),
      ...(idleStopSeconds !== undefined && { idleStopSeconds }),
      restartPolicy,
    };
    try {
      const demand = { kind: 'vm.fork.copy', parent, name, settings, source, paused, branch };
      const { finished } = await this.copies.begin(demand);
      return { vm: await finished };
    } catch (error) {
      const failure = toBangerError(error, name);
      return { failure: { name, error: { message: failure.message, data: failure.toData() } } };
    }
  }
}
