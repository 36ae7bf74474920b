import type { AptSource } from '../recipe/apt-sources.js';

const MAX_MIRRORS = 16;

/**
 * The host's own mirrors as the provisioning script takes them: lines `debian URI`, `debian-security URI`, `ubuntu URI`.
 * @param distribution ID of the host's os-release
 * @param sources the distribution's own, as `selectDistributionSources` finds them
 */
export function aptMirrors(distribution: string, sources: readonly AptSource[]): string {
  const lines = sources.map(({ uri, suite }) => {
    // Ubuntu has its security fixes in the same archive
    const isApart = distribution === 'debian' && suite.endsWith('-security');
    return `${isApart ? 'debian-security' : distribution} ${uri}`;
  });
  return [...new Set(lines)]
    .slice(0, MAX_MIRRORS)
    .map((line) => `${line}\n`)
    .join('');
}
