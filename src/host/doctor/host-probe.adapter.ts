import { access, constants, readFile, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { childEnvironment } from '../../core/config/index.js';
import { findUntraversable } from '../directories/traversable.adapter.js';
import { HostProbe } from './host-probe.js';
import type { DirectoryState } from './host-probe.js';

@Injectable()
export class LinuxHostProbe extends HostProbe {
  override async findProgram(name: string): Promise<string | undefined> {
    for (const directory of (childEnvironment()['PATH'] ?? '').split(':')) {
      const path = join(directory, name);
      if ((await allows(path, constants.X_OK)) && (await stat(path)).isFile()) return path;
    }
    return undefined;
  }

  override async readText(path: string): Promise<string | undefined> {
    return readFile(path, 'utf8').catch(() => undefined);
  }

  override async list(path: string): Promise<string[]> {
    return readdir(path).catch(() => []);
  }

  override async inspectDirectory(path: string): Promise<DirectoryState> {
    for (let place = path; ; place = dirname(place)) {
      if ((await allows(place, constants.F_OK)) || place === dirname(place)) {
        return {
          exists: place === path,
          writable: await allows(place, constants.W_OK | constants.X_OK),
          place,
        };
      }
    }
  }

  override findUntraversable(path: string): Promise<string | undefined> {
    return findUntraversable(path);
  }

  override async deviceAccess(path: string): Promise<'ok' | 'missing' | 'denied'> {
    if (!(await allows(path, constants.F_OK))) return 'missing';
    return (await allows(path, constants.R_OK | constants.W_OK)) ? 'ok' : 'denied';
  }

  override userName(): string {
    try {
      return userInfo().username;
    } catch {
      // a user id without an entry in passwd(5), as in containers
      return String(process.getuid?.() ?? '');
    }
  }
}

async function allows(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}
