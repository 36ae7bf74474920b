import { SubCommand } from 'nest-commander';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { CatalogKeyCommand } from './catalog-key.command.js';
import { CatalogListCommand } from './catalog-list.command.js';
import { CatalogSignCommand } from './catalog-sign.command.js';

const SUB_COMMANDS = [CatalogListCommand, CatalogKeyCommand, CatalogSignCommand];

export const CATALOG_COMMANDS = SUB_COMMANDS;

@SubCommand({
  name: 'catalog',
  description: 'lists of images that others have made, or that you make for others',
  subCommands: SUB_COMMANDS,
})
export class ImageCatalogGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }

  override setCommand(command: Parameters<GroupCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText('after', CATALOG_HELP);
    return this;
  }
}

const CATALOG_HELP = `
A catalog is a directory with bundles, a list of them and its signature; any web server will do.
  banger image export web -o shelf/web.banger.tar.zst
  banger image catalog key team.key          shows the public key, for those who use it
  banger image catalog sign shelf --key team.key
And those who use it, once their configuration names it (see: banger config example):
  banger image catalog list team
  banger image pull web --catalog team`;
