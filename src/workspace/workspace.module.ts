import { Global, Module } from '@nestjs/common';
import { WorkspaceImporter } from '../vm/index.js';
import { GitWorkspaceImporter, GUEST_BASE } from './git-workspace-importer.js';
import { RepositoryFinder } from './repository-finder.js';
import { ScratchDirectories } from './scratch-directories.js';
import { SCRATCH_PARENT, WorkspaceFiles } from './workspace-files.adapter.js';

/** Global, because it answers a port of the module vm, which stands below it and cannot import it. */
@Global()
@Module({
  providers: [
    WorkspaceFiles,
    RepositoryFinder,
    ScratchDirectories,
    // On a disk, unlike /tmp: an import may need as much as the repository has uncommitted.
    { provide: SCRATCH_PARENT, useValue: '/var/tmp' },
    { provide: GUEST_BASE, useValue: '/root' },
    { provide: WorkspaceImporter, useClass: GitWorkspaceImporter },
  ],
  exports: [WorkspaceImporter],
})
export class WorkspaceModule {}
