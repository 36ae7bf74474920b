import { Option, SubCommand } from 'nest-commander';
import { BangerCommand } from '../command/banger-command.js';
import { MAX_COPIES } from '../../contract/names.js';
import { UsageError } from '../usage-error.js';
import { parseCopyName, parseCount } from '../command/parse.js';
import { Invocation } from '../invocation.js';
import { FollowedCall } from '../operation/followed-call.js';
import { parseBranchName } from '../workspace/parse.js';
import { ReportedFailures } from '../render/failure-report.js';
import { OperationFailure } from '../render/operation-errors.js';
import { Presenter } from '../render/presenter.js';

interface VmForkOptions {
  count?: number;
  name?: string;
  branch?: string;
  paused?: boolean;
}

@SubCommand({
  name: 'fork',
  arguments: '<vm>',
  description: 'make live copies of a VM: each goes on from the same moment, with a name of its own',
})
export class VmForkCommand extends BangerCommand<VmForkOptions> {
  constructor(
    invocation: Invocation,
    private readonly calls: FollowedCall,
    private readonly failures: ReportedFailures,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText('after', FORK_HELP);
    return this;
  }

  @Option({ flags: '--count <n>', description: 'how many copies (default: 1)' })
  parseCount(value: string): number {
    const count = parseCount('--count', value);
    if (count >= 1 && count <= MAX_COPIES) return count;
    throw new UsageError(`--count ${count} is not 1 to ${MAX_COPIES}`, 'fork several times for more');
  }

  @Option({ flags: '--name <template>', description: 'names of the copies, {n} for the number: try-{n}' })
  parseName(value: string): string {
    return parseCopyName('--name', value);
  }

  @Option({
    flags: '--branch <template>',
    description: 'a branch that each copy makes in its repository and checks out: try-{n}',
  })
  parseBranch(value: string): string {
    return parseBranchName('--branch', value);
  }

  @Option({ flags: '--paused', description: 'the copies wait, suspended, until they are resumed or used' })
  parsePaused(): boolean {
    return true;
  }

  protected override async execute([vm = '']: string[], options: VmForkOptions): Promise<void> {
    const { count, name, branch, paused } = options;
    if (branch !== undefined && paused)
      throw new UsageError(
        '--branch and --paused cannot be given together: a copy that waits runs nothing, git included',
        'leave one of them out',
      );
    const params = {
      vm,
      ...(count !== undefined && { count }),
      ...(name !== undefined && { name }),
      ...(branch !== undefined && { branch }),
      ...(paused && { paused: true }),
    };
    const fork = await this.calls.run(vm, (client) => client.call('vm.fork', params));
    this.presenter.note(`${vm} stood still for ${Math.round(fork.pausedMs)} ms`);
    this.presenter.result(fork, () => fork.copies.map((copy) => `${copy.name}\n`).join(''));
    for (const { name: copy, error } of fork.failures ?? [])
      this.failures.reportOneOfSeveral(
        new OperationFailure({ message: `${copy}: ${error.message}`, data: error.data }),
      );
  }
}

const FORK_HELP = `
Processes go on in each copy, with their memory and files as they were. Each copy has its own name, address, hardware
address, machine id, SSH host key and random numbers. Connections to other machines end in the copies.
With --branch each goes on, on a branch of its own, with what is not committed as it is.

Examples:
  banger vm fork web                            one copy, web-1
  banger vm fork web --count 3 --name 'try-{n}'  try-1, try-2 and try-3
  banger vm fork web --count 3 --branch 'try-{n}'  web-1 on its branch try-1, …`;
