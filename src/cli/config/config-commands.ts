import { Command, SubCommand } from 'nest-commander';
import { exampleConfig, loadConfig } from '../../core/config/index.js';
import { BangerCommand } from '../command/banger-command.js';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { ConfigShowCommand } from './config-show.command.js';

@SubCommand({
  name: 'example',
  description: 'print a configuration file with every key, its meaning and its default',
})
export class ConfigExampleCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const text = exampleConfig();
    this.presenter.result({ text }, () => text);
  }
}

@SubCommand({
  name: 'check',
  arguments: '[file]',
  description: 'check a configuration file; exit status 2 when it has errors, all of which are told',
  argsDescription: { file: 'the file; the one that would be used when left out' },
})
export class ConfigCheckCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([file]: string[]): Promise<void> {
    const { env } = this.invocation.facts;
    const { values, origins } = await loadConfig({
      ...env,
      ...(file !== undefined && { BANGER_CONFIG: file }),
    });
    const result = { file: values.configFile, fileExists: origins.fileExists, valid: true };
    this.presenter.result(result, () =>
      origins.fileExists
        ? `${values.configFile} is valid\n`
        : `there is no ${values.configFile}; the defaults apply\n`,
    );
  }
}

export const CONFIG_COMMANDS = [ConfigShowCommand, ConfigCheckCommand, ConfigExampleCommand];

@Command({
  name: 'config',
  description: 'the configuration: what is in force, and what can be set',
  subCommands: CONFIG_COMMANDS,
})
export class ConfigGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
