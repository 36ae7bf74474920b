import { Command } from 'nest-commander';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { CATALOG_COMMANDS, ImageCatalogGroupCommand } from './catalog-commands.js';
import { ImageBuildCommand } from './image-build.command.js';
import { ImageDeleteCommand } from './image-delete.command.js';
import { ImageExportCommand } from './image-export.command.js';
import { ImageImportCommand } from './image-import.command.js';
import { ImageListCommand } from './image-list.command.js';
import { ImagePruneCommand } from './image-prune.command.js';
import { ImagePullCommand } from './image-pull.command.js';
import { ImagePromoteCommand } from './image-promote.command.js';
import { ImageRegisterCommand } from './image-register.command.js';
import { ImageShowCommand } from './image-show.command.js';
import { ImageWarmCommand } from './image-warm.command.js';

const SUB_COMMANDS = [
  ImageListCommand,
  ImageShowCommand,
  ImageBuildCommand,
  ImagePullCommand,
  ImagePromoteCommand,
  ImageRegisterCommand,
  ImageExportCommand,
  ImageImportCommand,
  ImageWarmCommand,
  ImageDeleteCommand,
  ImagePruneCommand,
  ImageCatalogGroupCommand,
];

export const IMAGE_COMMANDS = [...SUB_COMMANDS, ...CATALOG_COMMANDS];

@Command({ name: 'image', description: 'images that VMs start from', subCommands: SUB_COMMANDS })
export class ImageGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
