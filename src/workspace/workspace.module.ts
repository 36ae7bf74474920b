import { Global, Module } from '@nestjs/common';
import { ProjectReader, VmModule, WorkspaceImporter } from '../vm/index.js';
import { WorkDocuments } from './diff/work-documents.js';
import { WorkspaceDiff } from './diff/workspace-diff.js';
import { ExportRecords } from './export/export-records.js';
import { RepositoryExport } from './export/repository-export.js';
import { WorkspaceExport } from './export/workspace-export.js';
import { GitWorkspaceImporter, GUEST_BASE } from './import/git-workspace-importer.js';
import { OutgoingRepositories } from './import/outgoing.js';
import { DEFAULT_INCOMING_LIMITS, INCOMING_LIMITS } from './incoming/incoming-limits.js';
import { IncomingWork } from './incoming/incoming-work.js';
import { WorkspacePreparation } from './prepare/workspace-preparation.js';
import { WorkspaceArrival } from './prepare/workspace-arrival.js';
import { WorkspaceUpdate } from './prepare/workspace-update.js';
import { RepositoryProjectReader } from './project/repository-project-reader.js';
import { RepositoryFinder } from './repository/repository-finder.js';
import { ScratchDirectories } from './repository/scratch-directories.js';
import { SCRATCH_PARENT, WorkspaceFiles } from './repository/workspace-files.adapter.js';
import { HostRepositories } from './status/host-repositories.js';
import { StatusReader } from './status/status-reader.js';
import { WorkspaceStatus } from './status/workspace-status.js';
import { WorkspaceController } from './workspace.controller.js';
import { WorkspaceFinder } from './workspace-finder.js';

/** What the module vm asks of this one, which stands above it and cannot be imported by it. Global, so that it is found. */
@Global()
@Module({
  providers: [
    WorkspaceFiles,
    RepositoryFinder,
    ScratchDirectories,
    OutgoingRepositories,
    // On a disk, unlike /tmp: an import may need as much as the repository has uncommitted.
    { provide: SCRATCH_PARENT, useValue: '/var/tmp' },
    { provide: GUEST_BASE, useValue: '/root' },
    { provide: ProjectReader, useClass: RepositoryProjectReader },
    { provide: WorkspaceImporter, useClass: GitWorkspaceImporter },
  ],
  exports: [
    GUEST_BASE,
    OutgoingRepositories,
    ProjectReader,
    RepositoryFinder,
    ScratchDirectories,
    WorkspaceFiles,
    WorkspaceImporter,
  ],
})
export class WorkspaceImportModule {}

@Module({
  imports: [WorkspaceImportModule, VmModule],
  controllers: [WorkspaceController],
  providers: [
    HostRepositories,
    IncomingWork,
    StatusReader,
    { provide: INCOMING_LIMITS, useValue: DEFAULT_INCOMING_LIMITS },
    ExportRecords,
    RepositoryExport,
    WorkDocuments,
    WorkspaceDiff,
    WorkspaceExport,
    WorkspaceFinder,
    WorkspacePreparation,
    WorkspaceArrival,
    WorkspaceUpdate,
    WorkspaceStatus,
  ],
})
export class WorkspaceModule {}
