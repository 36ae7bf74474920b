import { Injectable } from '@nestjs/common';
import { ProcessRunner } from '../../core/process/index.js';
import { HostFacts } from '../../host/index.js';
import { HostUnsupportedError } from '../image.errors.js';
import { selectAptOptions } from '../recipe/apt-options.js';
import { parseAptSources, selectDistributionSources } from '../recipe/apt-sources.js';
import type { AptSource } from '../recipe/apt-sources.js';
import { DISTRIBUTIONS } from '../recipe/distributions.js';
import type { Distribution } from '../recipe/distributions.js';
import { BuildHost } from './build-host.js';

const TIMEOUT_MS = 120_000;

/** Where this host has its packages from. */
export interface PackageSources {
  readonly distribution: Distribution;
  /** `bookworm` */
  readonly codename: string;
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly distributionName: string;
  readonly sources: readonly AptSource[];
  /** lines of apt.conf that reach them */
  readonly aptOptions: string;
}

/** What apt on this host knows of its mirrors. */
@Injectable()
export class HostPackages {
  constructor(
    private readonly host: BuildHost,
    private readonly facts: HostFacts,
    private readonly processes: ProcessRunner,
  ) {}

  /** @param suite `trixie`: another release than the host's, of the same mirrors. @throws HostUnsupportedError */
  async find(signal: AbortSignal, suite?: string): Promise<PackageSources> {
    const system = await this.facts.operatingSystem();
    const distribution = DISTRIBUTIONS[system.id];
    if (distribution === undefined || system.architecture !== 'x64') {
      throw new HostUnsupportedError(
        `images are built on ${Object.keys(DISTRIBUTIONS).join(' and ')} on x86-64; this host is ${system.name || 'unknown'} on ${system.architecture}`,
        'build on such a host',
      );
    }
    const own = await this.host.codename();
    const codename = suite ?? own;
    const sources = ofRelease(await this.#sources(distribution, own), own, codename);
    const aptOptions = await this.aptOptions(signal);
    const distributionName = codename === own ? system.name : `${distribution.id} ${codename}`;
    return { distribution, codename, distributionName, sources, aptOptions };
  }

  async #sources(distribution: Distribution, codename: string): Promise<AptSource[]> {
    const files = await this.host.aptSources();
    const sources = selectDistributionSources(parseAptSources(files), distribution, codename);
    if (sources.some(({ suite }) => suite === codename)) return sources;
    throw new HostUnsupportedError(
      `apt's sources (${files.map(({ path }) => path).join(', ') || 'none found'}) name no mirror of ${distribution.id} ${codename}`,
      `add one to /etc/apt/sources.list: deb http://MIRROR/${distribution.id} ${codename} ${distribution.components.join(' ')}`,
    );
  }

  /** Lines of apt.conf by which this host reaches its mirrors. */
  async aptOptions(signal: AbortSignal): Promise<string> {
    const request = { file: 'apt-config', args: ['dump'], signal, timeoutMs: TIMEOUT_MS };
    const { stdout } = await this.processes.run(request);
    return selectAptOptions(stdout.toString('utf8'));
  }
}

/** The same mirrors, and what they have of another release. */
function ofRelease(sources: readonly AptSource[], own: string, wanted: string): AptSource[] {
  return sources.map((source) => ({ ...source, suite: `${wanted}${source.suite.slice(own.length)}` }));
}
