import { parseToml, readKeys } from '../../core/toml/index.js';
import type { Project } from '../../vm/index.js';
import { PROJECT_KEYS } from './project-keys.js';
import type { ProjectSettings, ProjectValues } from './project-keys.js';
import { ProjectFileInvalidError } from './project-file.errors.js';

/** @throws ProjectFileInvalidError with everything that is wrong */
export async function parseProject(file: string, content: string): Promise<Project> {
  const parsed = await parseToml(content);
  if ('issue' in parsed) throw new ProjectFileInvalidError(file, [parsed.issue]);
  const { values, issues } = readKeys(Object.values(PROJECT_KEYS), parsed.document);
  if (issues.length > 0) throw new ProjectFileInvalidError(file, issues);
  const found: ProjectValues = Object.fromEntries(
    Object.entries(PROJECT_KEYS).flatMap(([name, { key }]) => {
      const value = values.get(key);
      return value === undefined ? [] : [[name, value.value]];
    }),
  );
  const { setup, files = [], workspace, ...settings } = found;
  const project = { file, settings: settings as ProjectSettings, files, setup };
  return workspace === undefined ? project : { ...project, workspace };
}
