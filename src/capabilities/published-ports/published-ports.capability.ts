import { Injectable } from '@nestjs/common';
import type { PublishedPort } from '../../contract/index.js';
import type { BangerError } from '../../core/errors/index.js';
import type { ResourceOwner } from '../../core/operations/index.js';
import { PortDoorbells, PortTwiceError, PublishedPortLeases } from '../../host/index.js';
import { Capability } from '../capability.js';
import type {
  Guest,
  HookContext,
  MachineDraft,
  PreflightContext,
  PrepareContext,
  SleepContext,
  VmFacts,
  VmIdentity,
  VmOrigin,
} from '../capability.js';

/**
 * Ports of the guest that are reached on the host. They are leased while the VM runs: two VMs may share one as long as
 * they do not run at the same time.
 */
@Injectable()
export class PublishedPortsCapability extends Capability {
  readonly id = 'published-ports';
  override readonly title = 'publishing ports';
  override readonly after = ['user-network'];

  constructor(
    private readonly leases: PublishedPortLeases,
    private readonly doorbells: PortDoorbells,
  ) {
    super();
  }

  override concerns(vm: VmIdentity): boolean {
    return vm.publishedPorts.length > 0;
  }

  override async preflight(vm: VmIdentity, { nameOf }: PreflightContext): Promise<BangerError[]> {
    const problems: BangerError[] = [];
    const seen = new Set<string>();
    for (const port of vm.publishedPorts) {
      const key = `${port.hostPort}/${port.protocol}`;
      const problem = seen.has(key)
        ? new PortTwiceError(port)
        : await this.leases.problem(ownerOf(vm), port, nameOf);
      seen.add(key);
      if (problem !== undefined) problems.push(problem);
    }
    return problems;
  }

  override configure(draft: MachineDraft, { publishedPorts }: VmFacts): void {
    draft.nics[0]?.forwards.push(...publishedPorts);
  }

  override async prepare(vm: VmIdentity, context: PrepareContext): Promise<void> {
    const { signal, nameOf, rollback, warn } = context;
    rollback.add('the published ports', () => this.stopped(vm));
    await this.doorbells.takeDown(vm.id);
    for (const port of vm.publishedPorts) {
      signal.throwIfAborted();
      await this.leases.lease(ownerOf(vm), port, nameOf);
      const warning = exposure(port);
      if (warning !== undefined) warn(warning);
    }
  }

  /** One port of the host leads to one VM. */
  override forked(vm: VmIdentity, parent: VmOrigin, _guest: Guest, { warn }: HookContext): Promise<void> {
    const own = new Set(vm.publishedPorts.map(({ hostPort, protocol }) => `${hostPort}/${protocol}`));
    const ports = parent.publishedPorts.map(({ hostPort, protocol }) => `${hostPort}/${protocol}`);
    const left = ports.filter((port) => !own.has(port));
    if (left.length > 0)
      warn(
        `what ${parent.name} publishes leads to it alone: ${left.join(', ')}; for a port of ${vm.name}'s own: banger vm set ${vm.name} --publish`,
      );
    return Promise.resolve();
  }

  /** They are still its own, and whoever asks for something there wakes it. */
  override async suspended(vm: VmIdentity, { nameOf, wake }: SleepContext): Promise<void> {
    // not asked for at the host: its VMM, which had them, may take a moment more to let go of them
    for (const port of vm.publishedPorts) await this.leases.rebook(ownerOf(vm), port, nameOf);
    await this.doorbells.hang(vm.id, vm.publishedPorts, wake);
  }

  override async stopped(vm: Pick<VmIdentity, 'id'>): Promise<void> {
    await this.doorbells.takeDown(vm.id);
    await this.leases.releaseOthers(ownerOf(vm), []);
  }

  /** A change of the ports that the last daemon did not finish is undone: the VM's record is what counts. */
  override async reconcile(vm: VmIdentity): Promise<void> {
    for (const port of vm.publishedPorts) await this.leases.rebook(ownerOf(vm), port, nobody);
    await this.leases.releaseOthers(ownerOf(vm), vm.publishedPorts);
  }
}

/** What a user should know of a port that more than this host can reach. */
export function exposure({ hostAddress, hostPort, protocol }: PublishedPort): string | undefined {
  if (hostAddress.startsWith('127.')) return undefined;
  const who = hostAddress === '0.0.0.0' ? 'whoever reaches this host' : `whoever reaches ${hostAddress}`;
  return `the port ${hostPort}/${protocol} is open to ${who}, not to this host alone`;
}

function ownerOf({ id }: Pick<VmIdentity, 'id'>): ResourceOwner {
  return { type: 'vm', id };
}

async function nobody(): Promise<undefined> {
  return undefined;
}
