import type { CommandRunner } from 'nest-commander';
import { suggest } from '../../core/errors/index.js';
import type { Invocation } from '../invocation.js';
import { UsageError } from '../usage-error.js';
import { BangerCommand } from './banger-command.js';

/** A group such as `vm`: only its sub-commands do something. nest-commander's own groups end with status 0. */
export abstract class GroupCommand extends BangerCommand {
  protected constructor(invocation: Invocation) {
    super(invocation);
  }

  override setCommand(command: Parameters<CommandRunner['setCommand']>[0]): this {
    super.setCommand(command);
    command.usage('COMMAND').addHelpCommand(false).allowExcessArguments(true).allowUnknownOption(true);
    return this;
  }

  protected override async execute(args: string[]): Promise<void> {
    const [word] = args;
    const group = pathOf(this.command);
    if (word === undefined) {
      this.command.outputHelp({ error: true });
      throw new UsageError(`"banger ${group}" needs a command`);
    }
    const names = this.command.commands.flatMap((command) => [command.name(), ...command.aliases()]);
    const similar = suggest(word, names);
    throw new UsageError(
      `there is no command "${group} ${word}"`,
      similar === undefined
        ? `see: banger ${group} --help`
        : `did you mean "banger ${group} ${similar}"? see: banger ${group} --help`,
    );
  }
}

/** `vm snapshot` */
function pathOf(command: CommandRunner['command']): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}
