import { Injectable } from '@nestjs/common';
import type { WorkspaceSource } from '../../contract/index.js';
import { ProjectReader } from '../../vm/index.js';
import type { Project } from '../../vm/index.js';
import { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { parseProject } from './parse-project.js';
import { ProjectFileUnreadableError } from './project-file.errors.js';
import { PROJECT_FILE } from './project-keys.js';
import { readProjectText } from './project-text.adapter.js';

/** The project file at the top of the repository that is about to be imported. */
@Injectable()
export class RepositoryProjectReader extends ProjectReader {
  constructor(private readonly files: WorkspaceFiles) {
    super();
  }

  override async read({ path, projectFile }: WorkspaceSource): Promise<Project | undefined> {
    if (projectFile === false) return undefined;
    const top = await this.files.findTop(await this.files.resolveDirectory(path));
    // no repository: the import says so, and better
    if (top === undefined) return undefined;
    const file = `${top.path === '/' ? '' : top.path}/${PROJECT_FILE}`;
    const read = await readProjectText(file, top.uid);
    if ('missing' in read) return undefined;
    if ('problem' in read) throw new ProjectFileUnreadableError(file, read.problem, read.cause);
    return parseProject(file, read.text);
  }
}
