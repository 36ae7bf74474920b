import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { childEnvironment } from '../../core/config/index.js';
import type { SourcesFile } from '../recipe/apt-sources.js';
import { BuildHost } from './build-host.js';

const APT = '/etc/apt';

@Injectable()
export class LinuxBuildHost extends BuildHost {
  override async findProgram(name: string): Promise<string | undefined> {
    for (const directory of (childEnvironment()['PATH'] ?? '').split(':')) {
      const path = join(directory, name);
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return path;
    }
    return undefined;
  }

  override async codename(): Promise<string> {
    const text = (await readIfPresent('/etc/os-release')) ?? '';
    return /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1] ?? '';
  }

  override async aptSources(): Promise<SourcesFile[]> {
    const directory = join(APT, 'sources.list.d');
    const names = await readdir(directory).catch((): string[] => []);
    const paths = names
      .filter((name) => /\.(list|sources)$/.test(name))
      .toSorted()
      .map((name) => join(directory, name));
    const files = await Promise.all(
      [join(APT, 'sources.list'), ...paths].map(async (path) => ({
        path,
        text: (await readIfPresent(path)) ?? '',
      })),
    );
    return files.filter(({ text }) => text !== '');
  }
}

/** A file of third parties that this user may not read is none of the distribution's. */
async function readIfPresent(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
