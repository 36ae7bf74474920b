import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { InternalError } from '../../core/errors/index.js';
import { ReadyRecipes } from './ready-recipes.js';

const SUFFIX = '.toml';

@Injectable()
export class InstalledRecipes extends ReadyRecipes {
  override async names(): Promise<readonly string[]> {
    const files = await readdir(directory());
    return files
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length))
      .toSorted();
  }

  override async read(name: string): Promise<string | undefined> {
    if (!(await this.names()).includes(name)) return undefined;
    return readFile(join(directory(), `${name}${SUFFIX}`), 'utf8');
  }
}

/** The sources, the build and a bundle lie at different depths below the directory that has `recipes`. */
function directory(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let above = start; ; above = dirname(above)) {
    const candidate = join(above, 'recipes');
    if (existsSync(join(candidate, `debian${SUFFIX}`))) return candidate;
    if (above === dirname(above)) throw new InternalError(`no recipes above ${start}`);
  }
}
