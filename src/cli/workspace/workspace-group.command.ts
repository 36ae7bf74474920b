import { Command } from 'nest-commander';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { WorkspaceDiffCommand } from './workspace-diff.command.js';
import { WorkspaceExportCommand } from './workspace-export.command.js';
import { WorkspacePrepareCommand } from './workspace-prepare.command.js';
import { WorkspaceStatusCommand } from './workspace-status.command.js';

export const WORKSPACE_COMMANDS = [
  WorkspacePrepareCommand,
  WorkspaceStatusCommand,
  WorkspaceDiffCommand,
  WorkspaceExportCommand,
];

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
