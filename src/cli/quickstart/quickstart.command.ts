import { Command } from 'nest-commander';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
@Command({
  name: 'quickstart',
  description: 'from a bare checkout to a running sandbox, step by step; repeatable',
})
export class QuickstartCommand extends BangerCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
  protected override async execute(): Promise<void> {}
}
