import { Global, Module } from '@nestjs/common';
import { ProjectReader, WorkspaceImporter } from '../vm/index.js';
import { GitWorkspaceImporter, GUEST_BASE } from './import/git-workspace-importer.js';
import { RepositoryProjectReader } from './project/repository-project-reader.js';
import { RepositoryFinder } from './repository/repository-finder.js';
import { ScratchDirectories } from './repository/scratch-directories.js';
import { SCRATCH_PARENT, WorkspaceFiles } from './repository/workspace-files.adapter.js';

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
    { provide: ProjectReader, useClass: RepositoryProjectReader },
    { provide: WorkspaceImporter, useClass: GitWorkspaceImporter },
  ],
  exports: [ProjectReader, WorkspaceImporter],
})
export class WorkspaceModule {}
