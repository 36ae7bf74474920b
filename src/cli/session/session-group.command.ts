import { SubCommand } from 'nest-commander';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { VmSessionAttachCommand } from './session-attach.command.js';
import { SESSION_END_COMMANDS } from './session-end.commands.js';
import { VmSessionListCommand, VmSessionShowCommand } from './session-list.command.js';
import { VmSessionLogsCommand } from './session-logs.command.js';
import { VmSessionSendCommand } from './session-send.command.js';
import { VmSessionStartCommand } from './session-start.command.js';

export const SESSION_COMMANDS = [
  VmSessionStartCommand,
  VmSessionListCommand,
  VmSessionShowCommand,
  VmSessionLogsCommand,
  VmSessionSendCommand,
  VmSessionAttachCommand,
  ...SESSION_END_COMMANDS,
];

@SubCommand({
  name: 'session',
  description: 'commands that go on whatever becomes of the terminal, the daemon or the connection',
  subCommands: SESSION_COMMANDS,
})
export class VmSessionGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
