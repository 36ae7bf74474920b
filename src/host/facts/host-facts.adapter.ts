import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import type { Mode } from '../../core/config/index.js';
import { HostFacts } from './host-facts.js';
import type { MemoryFacts, OperatingSystem } from './host-facts.js';
import { parseOsRelease } from './os-release.js';

const MIB = 1024 * 1024;

@Injectable()
export class LinuxHostFacts extends HostFacts {
  readonly mode: Mode;

  constructor(config: Config) {
    super();
    this.mode = config.values.mode;
  }

  override cpus(): number {
    return availableParallelism();
  }

  override memory(): MemoryFacts {
    // without a limit Node answers 0, or a number far above what there is
    const limit = process.constrainedMemory();
    const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
    const available = Math.min(process.availableMemory(), total);
    return { totalMib: Math.floor(total / MIB), availableMib: Math.floor(available / MIB) };
  }

  override async processor(): Promise<string> {
    const text = await readFile('/proc/cpuinfo', 'latin1').catch(() => '');
    const [first = ''] = text.split('\n\n');
    const lines = first
      .split('\n')
      .filter((line) => /^(vendor_id|cpu family|model|stepping|flags)\b/.test(line));
    return lines.map((line) => line.replaceAll(/\s+/g, ' ')).join('; ');
  }

  override async operatingSystem(): Promise<OperatingSystem> {
    const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
    return { platform: platform(), architecture: arch(), kernelRelease: release(), ...parseOsRelease(text) };
  }

  override async freeBytes(path: string): Promise<number> {
    for (let place = path; ; place = dirname(place)) {
      try {
        const { bavail, bsize } = await statfs(place);
        return bavail * bsize;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || place === dirname(place)) throw error;
      }
    }
  }
}
