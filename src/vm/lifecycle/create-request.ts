import type { BootableImage } from '../../image/index.js';
import type { Project } from '../project/project-reader.js';
import type { Vm } from '../vm.types.js';
import type { WorkspacePlan } from '../workspace-importer.js';

/** What the steps of a creation work on. */
export interface CreateRequest {
  readonly vm: Vm;
  readonly image: BootableImage;
  readonly hostKeyPrivate: string;
  readonly workspace: WorkspacePlan | undefined;
  /** it boots, even where there is a template */
  readonly cold: boolean;
  /** of the repository in `workspace` */
  readonly project: Project | undefined;
}
