import { Command } from 'nest-commander';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { VmConsoleCommand } from './observe/vm-console.command.js';
import { VmHealthCommand } from './observe/vm-health.command.js';
import { VmPingCommand } from './observe/vm-ping.command.js';
import { VmPortsCommand } from './observe/vm-ports.command.js';
import { VmStatsCommand } from './observe/vm-stats.command.js';
import { VmTopCommand } from './observe/vm-top.command.js';
import { VmCpCommand } from './vm-cp.command.js';
import { VmCreateCommand } from './vm-create.command.js';
import { VmForkCommand } from './vm-fork.command.js';
import { VmResumeCommand } from './vm-resume.command.js';
import { VmSuspendCommand } from './vm-suspend.command.js';
import { SNAPSHOT_COMMANDS, VmSnapshotGroupCommand } from './snapshot/snapshot-commands.js';
import { SESSION_COMMANDS, VmSessionGroupCommand } from '../session/session-group.command.js';
import { VmDeleteCommand } from './vm-delete.command.js';
import { VmExecCommand } from './vm-exec.command.js';
import { VmKillCommand } from './vm-kill.command.js';
import { VmListCommand } from './vm-list.command.js';
import { VmPruneCommand } from './vm-prune.command.js';
import { VmRestartCommand } from './vm-restart.command.js';
import { VmRunCommand } from './vm-run.command.js';
import { VmSetCommand } from './vm-set.command.js';
import { VmShowCommand } from './vm-show.command.js';
import { VmSshCommand } from './vm-ssh.command.js';
import { VmStartCommand } from './vm-start.command.js';
import { VmStopCommand } from './vm-stop.command.js';

const SUB_COMMANDS = [
  VmRunCommand,
  VmCreateCommand,
  VmListCommand,
  VmShowCommand,
  VmStatsCommand,
  VmTopCommand,
  VmHealthCommand,
  VmPingCommand,
  VmPortsCommand,
  VmConsoleCommand,
  VmExecCommand,
  VmCpCommand,
  VmSshCommand,
  VmSessionGroupCommand,
  VmStartCommand,
  VmStopCommand,
  VmRestartCommand,
  VmKillCommand,
  VmSuspendCommand,
  VmResumeCommand,
  VmForkCommand,
  VmSnapshotGroupCommand,
  VmSetCommand,
  VmDeleteCommand,
  VmPruneCommand,
];

export const VM_COMMANDS = [...SUB_COMMANDS, ...SESSION_COMMANDS, ...SNAPSHOT_COMMANDS];

@Command({ name: 'vm', description: 'virtual machines', subCommands: SUB_COMMANDS })
export class VmGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
