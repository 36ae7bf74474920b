import { Injectable } from '@nestjs/common';
import type { CommandRunner } from 'nest-commander';
import { InjectCommander } from 'nest-commander';
import { VERSION } from '../contract/version.js';
import { GLOBAL_HELP } from './invocation.js';

const EXAMPLES = `
Examples:
  banger quickstart                 from a bare checkout to a running sandbox, step by step
  banger vm run --rm . -- make      a fresh VM with this repository, thrown away afterwards
  banger workspace export web       the work in a VM, as a branch of the repository it was made from
  banger vm list                    what runs`;

/** The words of `banger` itself; nest-commander builds the root before any command of ours. */
@Injectable()
export class RootCommand {
  constructor(@InjectCommander() private readonly root: Parameters<CommandRunner['setCommand']>[0]) {}

  setUp(): void {
    this.root
      .name('banger')
      .description('A real Linux microVM per task, with your git repository inside.')
      .usage('COMMAND')
      .version(VERSION, '-V, --version', 'version of banger')
      .helpOption('-h, --help', 'this help')
      .addHelpCommand(false)
      .addHelpText('after', GLOBAL_HELP + '\n' + EXAMPLES);
  }
}
