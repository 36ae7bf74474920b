import { Command } from 'nest-commander';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { WorkspacePrepareCommand } from './workspace-prepare.command.js';

export const WORKSPACE_COMMANDS = [WorkspacePrepareCommand];

@Command({
  name: 'workspace',
  description: 'git repositories in VMs: a copy goes in, commits come out',
  subCommands: WORKSPACE_COMMANDS,
})
export class WorkspaceGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
