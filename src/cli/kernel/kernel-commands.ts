import { Command } from 'nest-commander';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { KernelDeleteCommand } from './kernel-delete.command.js';
import { KernelListCommand } from './kernel-list.command.js';
import { KernelPullCommand } from './kernel-pull.command.js';
import { KernelRegisterCommand } from './kernel-register.command.js';
import { KernelShowCommand } from './kernel-show.command.js';

export const KERNEL_COMMANDS = [
  KernelListCommand,
  KernelShowCommand,
  KernelPullCommand,
  KernelRegisterCommand,
  KernelDeleteCommand,
];

@Command({ name: 'kernel', description: 'kernels that images are given', subCommands: KERNEL_COMMANDS })
export class KernelGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
