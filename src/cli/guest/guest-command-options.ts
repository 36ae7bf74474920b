import { Option } from 'nest-commander';
import { BangerCommand } from '../command/banger-command.js';
import { addVariable } from '../command/parse.js';
import type { Invocation } from '../invocation.js';
import { UsageError } from '../usage-error.js';

export interface GuestCommandOptions {
  env?: Record<string, string>;
  cwd?: string;
}

/** The options that all have which run a command in a VM that is there. */
export abstract class GuestCommandBase<Options extends GuestCommandOptions> extends BangerCommand<Options> {
  protected override readonly takesPassthrough = true;

  protected constructor(invocation: Invocation) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    return super.setCommand(command.usage('[options] VM [-- COMMAND…]'));
  }

  @Option({
    flags: '--env <K=V>',
    description: 'variable for the command; K alone takes your value (repeatable)',
  })
  parseEnv(value: string, previous?: Record<string, string>): Record<string, string> {
    return addVariable(value, previous, this.invocation.facts.env);
  }

  @Option({
    flags: '--cwd <directory>',
    description: 'directory in the guest (default: the workspace, or else home)',
  })
  parseCwd(value: string): string {
    if (!value.startsWith('/')) throw new UsageError('--cwd must be an absolute directory in the guest');
    return value;
  }
}
