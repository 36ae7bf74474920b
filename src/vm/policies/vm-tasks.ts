import type { Clock } from '../../core/clock/index.js';

const FIRST_PAUSE_MS = 15_000;
const MAX_PAUSE_MS = 600_000;

/**
 * Work on single VMs that a job sets off and does not wait for: one VM that takes its time delays no other. One task
 * for a VM at a time; what failed is tried again after a pause that grows.
 */
export class VmTasks {
  readonly #running = new Set<string>();
  readonly #failures = new Map<string, { count: number; notBefore: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly onFailure: (vmId: string, error: unknown) => void,
  ) {}

  get size(): number {
    return this.#running.size;
  }

  /** Does nothing when a task for the VM runs, or failed a moment ago. */
  start(vmId: string, body: () => Promise<void>): void {
    const notBefore = this.#failures.get(vmId)?.notBefore ?? -Infinity;
    if (this.#running.has(vmId) || this.clock.awake() < notBefore) return;
    this.#running.add(vmId);
    body()
      .then(
        () => this.#failures.delete(vmId),
        (error: unknown) => this.#failed(vmId, error),
      )
      .finally(() => this.#running.delete(vmId));
  }

  /** Lets go of what is remembered of VMs that no longer concern the job. */
  forgetOthers(current: ReadonlySet<string>): void {
    for (const vmId of this.#failures.keys()) if (!current.has(vmId)) this.#failures.delete(vmId);
  }

  #failed(vmId: string, error: unknown): void {
    const count = (this.#failures.get(vmId)?.count ?? 0) + 1;
    const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (count - 1));
    this.#failures.set(vmId, { count, notBefore: this.clock.awake() + pause });
    this.onFailure(vmId, error);
  }
}
