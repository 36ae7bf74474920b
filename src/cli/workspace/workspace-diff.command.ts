import { Option, SubCommand } from 'nest-commander';
import type { DiffFormat } from '../../contract/names.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';
import { ByteDownload } from '../client/byte-download.js';

interface DiffOptions {
  at?: string;
  stat?: boolean;
  nameOnly?: boolean;
  committedOnly?: boolean;
}

@SubCommand({
  name: 'diff',
  arguments: '<vm> [other]',
  description: 'the work in a VM as a patch, what is not committed included',
  argsDescription: { vm: 'the VM', other: 'another VM: what makes its work out of that of the first' },
})
export class WorkspaceDiffCommand extends BangerCommand<DiffOptions> {
  constructor(
    invocation: Invocation,
    private readonly download: ByteDownload,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText('after', DIFF_HELP);
    return this;
  }

  @Option({ flags: '--at <directory>', description: 'which of its repositories, where it has several' })
  parseAt(value: string): string {
    return value;
  }

  @Option({ flags: '--stat', description: 'how much was changed in which file' })
  parseStat(): boolean {
    return true;
  }

  @Option({ flags: '--name-only', description: 'the names of the files that were changed' })
  parseNameOnly(): boolean {
    return true;
  }

  @Option({ flags: '--committed-only', description: 'without what is not committed' })
  parseCommittedOnly(): boolean {
    return true;
  }

  protected override async execute([vm = '', other]: string[], options: DiffOptions): Promise<void> {
    const { at, committedOnly } = options;
    const params = {
      vm,
      format: formatOf(options),
      ...(other !== undefined && { against: other }),
      ...(at !== undefined && { at }),
      ...(committedOnly && { committedOnly }),
    };
    const bytes = await this.download.show((client) => client.call('workspace.diff', params));
    if (bytes === 0 && this.invocation.exitCode === 0)
      this.presenter.note(other === undefined ? `${vm} has no work` : `${vm} and ${other} have the same`);
  }
}

function formatOf({ stat, nameOnly }: DiffOptions): DiffFormat {
  if (stat && nameOnly)
    throw new UsageError('--stat and --name-only cannot be given together', 'leave one of them out');
  if (stat) return 'stat';
  return nameOnly ? 'name-only' : 'patch';
}

const DIFF_HELP = `
Examples:
  banger workspace diff web                        what was done in web
  banger workspace diff web | git apply --index    takes it over, without its commits
  banger workspace diff --stat try-1 try-2         how two copies differ

The patch is against what was imported. It holds binary files, modes and links, and is byte for byte where it does not
go to a terminal.`;
