import { Option, SubCommand } from 'nest-commander';
import type { WorkspacePrepareView } from '../../contract/workspace.dto.js';
import type { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { FollowedCall } from '../operation/followed-call.js';
import { Presenter } from '../render/presenter.js';
import { preparedText, savedText } from './prepared-text.js';
import { WorkspaceSourceCommand } from './source-options.js';
import type { WorkspaceSourceOptions } from './source-options.js';

interface WorkspacePrepareOptions extends WorkspaceSourceOptions {
  force?: boolean;
}

@SubCommand({
  name: 'prepare',
  arguments: '<vm> <path>',
  description: 'bring the git repository at PATH into a VM, or what is new in it',
  argsDescription: { vm: 'the VM', path: 'git repository to copy into the VM' },
})
export class WorkspacePrepareCommand extends WorkspaceSourceCommand<WorkspacePrepareOptions> {
  constructor(
    invocation: Invocation,
    private readonly calls: FollowedCall,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText('after', PREPARE_HELP);
    return this;
  }

  @Option({
    flags: '--force',
    description: 'also over work in the VM: it is stashed, and its commits get a branch, there',
  })
  parseForce(): boolean {
    return true;
  }

  protected override async execute(
    [vm = '', path = '']: string[],
    options: WorkspacePrepareOptions,
  ): Promise<void> {
    const source = this.workspaceSource(path, options);
    const params = Object.assign({ vm }, source, options.force === true && { force: true });
    const view: WorkspacePrepareView = await this.calls.run(vm, (client) =>
      client.call('workspace.prepare', params),
    );
    for (const line of savedText(view)) this.presenter.note(line);
    this.presenter.result(view, () => preparedText(view));
  }
}

const PREPARE_HELP = `
The repository on the host is not written. What is not committed goes in as it is, staged and
unstaged apart.

Examples:
  banger workspace prepare web .                      this repository, or what is new in it
  banger workspace prepare web . --branch try         on a branch of its own
  banger workspace prepare web ../lib --at /srv/lib   one more repository, elsewhere
  banger workspace prepare web . --from v1.2 --mode full`;
