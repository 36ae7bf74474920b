import { CommandRunner } from 'nest-commander';
import { GLOBAL_HELP } from '../invocation.js';
import type { Invocation } from '../invocation.js';
import { UsageError } from '../usage-error.js';

/** commander's own class, without depending on the package that nest-commander pins */
type Commander = Parameters<CommandRunner['setCommand']>[0];

/**
 * Base of every command. Without it a usage error in a sub-command ends the process with status 1 by itself, and
 * surplus arguments pass unnoticed: nest-commander hands its error handler to the root only (style.md F6).
 */
export abstract class BangerCommand<Options extends object = object> extends CommandRunner {
  /** whether `-- COMMAND…` makes sense here */
  protected readonly takesPassthrough: boolean = false;

  protected constructor(protected readonly invocation: Invocation) {
    super();
  }

  protected abstract execute(args: string[], options: Options): Promise<void>;

  override setCommand(command: Commander): this {
    command.exitOverride().allowExcessArguments(false).showHelpAfterError(false);
    command.helpOption('-h, --help', 'this help').addHelpText('after', GLOBAL_HELP);
    return super.setCommand(command);
  }

  override async run(args: string[], options: Options): Promise<void> {
    if (this.invocation.passthrough !== undefined && !this.takesPassthrough) {
      throw new UsageError('this command takes nothing after "--"');
    }
    await this.execute(args, options);
  }
}
