import { Injectable } from '@nestjs/common';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';
import { HostProbe } from '../host-probe.js';

const DIRECTORY = '/etc/apt/sources.list.d';

@Injectable()
export class AptSourcesCheck extends DoctorCheck {
  readonly id = 'apt-sources';
  readonly title = 'package sources for the image';

  constructor(private readonly probe: HostProbe) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    const names = (await this.probe.list(DIRECTORY)).filter((name) => /\.(list|sources)$/.test(name));
    const paths = ['/etc/apt/sources.list', ...names.toSorted().map((name) => `${DIRECTORY}/${name}`)];
    const texts = await Promise.all(paths.map((path) => this.probe.readText(path)));
    const used = paths.filter((_, index) => namesSource(texts[index] ?? ''));
    if (used.length > 0) return { status: 'ok', detail: used.join(', ') };
    return {
      status: 'warn',
      detail: 'none found',
      fix: "the default image is built from the mirrors in /etc/apt/sources.list; add Debian's there",
    };
  }
}

/** One-line style (`deb URI suite`) or deb822 style (`Types: deb`), see sources.list(5). */
function namesSource(text: string): boolean {
  return /^\s*deb\s+\S/m.test(text) || /^Types:.*\bdeb\b/m.test(text);
}
