import type { VmCreateParams, WorkspaceSource } from '../../contract/index.js';

/** A file of the repository that gets a second place in the guest. */
export interface PlacedFile {
  /** below the repository's top, in the guest */
  readonly from: string;
  /** absolute, in the guest */
  readonly to: string;
  /** octal digits */
  readonly mode?: string;
}

/** How the repository goes into a VM, where nobody says otherwise. */
export type ProjectWorkspace = Pick<WorkspaceSource, 'mode' | 'depth' | 'includeUntracked'> & {
  readonly exclude?: readonly string[];
  /** for the guest's sh, in the repository, after each import */
  readonly setup?: string;
};

/** What a repository says of the VM that it wants. Whoever wrote the repository wrote this: it is not to be trusted. */
export interface Project {
  /** of the host */
  readonly file: string;
  readonly settings: Pick<
    VmCreateParams,
    'image' | 'cpus' | 'memoryMib' | 'diskMib' | 'workDiskMib' | 'env' | 'labels' | 'publishedPorts'
  >;
  readonly files: readonly PlacedFile[];
  /** for the guest's sh, in the repository */
  readonly setup: string | undefined;
  readonly workspace?: ProjectWorkspace;
}

/** What a VM is to be, with what its creator and the repository's project file have said of it. */
export interface CreateDemand {
  readonly params: VmCreateParams;
  readonly project: Project | undefined;
}

/** Reads the project file of a repository of the host. The module workspace implements it. */
export abstract class ProjectReader {
  /** Undefined when the repository has none. @throws PROJECT_FILE_INVALID, WORKSPACE_PATH_INVALID */
  abstract read(source: WorkspaceSource): Promise<Project | undefined>;
}
