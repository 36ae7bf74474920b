import { toBangerError } from '../core/errors/index.js';
import type { BangerError } from '../core/errors/index.js';
import type { OperationContext } from '../core/operations/index.js';
import type {
  Capability,
  Guest,
  HookContext,
  MachineDraft,
  PrepareContext,
  PreflightContext,
  SleepContext,
  VmFacts,
  VmIdentity,
  VmOrigin,
} from './capability.js';
import { boundedHook } from './bounded-hook.js';
import { orderCapabilities } from './order-capabilities.js';

/** What the hooks of a start need of its operation. */
export type StartOperation = Pick<OperationContext, 'signal' | 'warn' | 'step'> &
  Pick<PrepareContext, 'rollback'>;
export type StepRunner = <T>(name: string, title: string, body: () => Promise<T>) => Promise<T>;
/** Something that a capability says, with whose it is. */
export interface CapabilityProblem {
  readonly id: string;
  readonly error: BangerError;
}

/** Runs the hooks of all capabilities in their declared order, each as a step of the operation that it belongs to. */
export class CapabilityRegistry {
  readonly all: readonly Capability[];

  /** @throws InternalError for a duplicate id, an unknown name in `after`, or a cycle: the daemon does not start */
  constructor(capabilities: readonly Capability[]) {
    this.all = orderCapabilities(capabilities);
  }

  /** Everything that stands against a start, of all capabilities. */
  async preflight(vm: VmIdentity, context: PreflightContext): Promise<CapabilityProblem[]> {
    const found: CapabilityProblem[] = [];
    for (const capability of this.all) {
      const errors = await boundedHook(capability.id, context.signal, async (signal) =>
        capability.preflight?.(vm, { ...context, signal }),
      );
      for (const error of errors ?? []) found.push({ id: capability.id, error });
    }
    return found;
  }

  configure(facts: VmFacts): MachineDraft {
    const draft: MachineDraft = { identityFiles: [], nics: [], bootArguments: [] };
    for (const capability of this.all) capability.configure?.(draft, facts);
    return draft;
  }

  /** Steps `prepare.<id>`. Undone by the operation's rollback and `stopped`. */
  async prepare(
    vm: VmIdentity,
    operation: StartOperation,
    nameOf: PreflightContext['nameOf'],
  ): Promise<void> {
    const { rollback } = operation;
    await this.#steps('prepare', { operation, concerned: concernOf(vm) }, async (capability, context) =>
      capability.prepare?.(vm, { ...context, rollback, nameOf }),
    );
  }

  /** Steps `ready.<id>`. */
  async ready(vm: VmIdentity, guest: Guest, operation: StartOperation): Promise<void> {
    await this.#steps('ready', { operation, concerned: concernOf(vm) }, async (capability, context) =>
      capability.ready?.(vm, guest, context),
    );
  }

  /** Steps `forked.<id>`. */
  async forked(
    vm: VmIdentity,
    { parent, guest }: { parent: VmOrigin; guest: Guest },
    operation: StartOperation,
  ): Promise<void> {
    // What a copy has of the other VM's is there whether it would concern the copy by itself or not.
    const concerned = async (capability: Capability): Promise<boolean> =>
      (await capability.concerns?.(vm)) !== false || (await capability.concerns?.(parent)) !== false;
    await this.#steps('forked', { operation, concerned }, async (capability, context) =>
      capability.forked?.(vm, parent, guest, context),
    );
  }

  /**
   * In reverse order, as steps `stopped.<id>` where somebody records them. Goes on after a failure, then throws the
   * first one: the next attempt repeats them all.
   */
  async stopped(vm: Pick<VmIdentity, 'id'>, step: StepRunner = runOnly): Promise<void> {
    const failures: BangerError[] = [];
    for (const capability of this.all.toReversed()) {
      if (capability.stopped === undefined) continue;
      const run = (): Promise<void> =>
        boundedHook(capability.id, undefined, async () => capability.stopped?.(vm));
      try {
        await step(`stopped.${capability.id}`, `giving back ${capability.id.replaceAll('-', ' ')}`, run);
      } catch (error) {
        failures.push(toBangerError(error, capability.id));
      }
    }
    if (failures[0] !== undefined) throw failures[0];
  }

  /** For a VM that is suspended. Goes on after a failure; returns what failed, for the log. */
  suspended(vm: VmIdentity, context: Omit<SleepContext, 'signal'>): Promise<CapabilityProblem[]> {
    return this.#each((capability, signal) => capability.suspended?.(vm, { ...context, signal }));
  }

  /** For a VM that was taken up. Goes on after a failure; returns what failed, for the log. */
  async reconcile(vm: VmIdentity, guest: Guest, warn: HookContext['warn']): Promise<CapabilityProblem[]> {
    return this.#each((capability, signal) => capability.reconcile?.(vm, guest, { signal, warn }));
  }

  async #each(
    hook: (capability: Capability, signal: AbortSignal) => Promise<void> | undefined,
  ): Promise<CapabilityProblem[]> {
    const failures: CapabilityProblem[] = [];
    for (const capability of this.all) {
      try {
        await boundedHook(capability.id, undefined, async (signal) => hook(capability, signal));
      } catch (error) {
        failures.push({ id: capability.id, error: toBangerError(error, capability.id) });
      }
    }
    return failures;
  }

  async #steps(
    hook: 'prepare' | 'ready' | 'forked',
    { operation, concerned }: { operation: StartOperation; concerned: Concern },
    body: (capability: Capability, context: HookContext) => Promise<void>,
  ): Promise<void> {
    const warn = (message: string): void => operation.warn(message);
    for (const capability of this.all) {
      if (capability[hook] === undefined || !(await concerned(capability))) continue;
      await operation.step(`${hook}.${capability.id}`, capability.title || capability.id, () =>
        boundedHook(capability.id, operation.signal, (signal) => body(capability, { signal, warn })),
      );
    }
  }
}

type Concern = (capability: Capability) => Promise<boolean>;

function concernOf(vm: VmIdentity): Concern {
  return async (capability) => (await capability.concerns?.(vm)) !== false;
}

function runOnly<T>(_name: string, _title: string, body: () => Promise<T>): Promise<T> {
  return body();
}
