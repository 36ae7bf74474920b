import type { IndexEntry, Platform } from './manifest.js';

/** What the guests are. */
export const GUEST_PLATFORM = 'linux/amd64';

/** Least demanding first: what needs a newer CPU comes last. */
const VARIANTS = ['', 'v1', 'v2', 'v3', 'v4'];

/** The entry for the guests; undefined when there is none. */
export function chooseEntry(entries: readonly IndexEntry[]): IndexEntry | undefined {
  const rank = ({ platform }: IndexEntry): number => VARIANTS.indexOf(platform.variant);
  return entries
    .filter((entry) => isGuestPlatform(entry.platform) && rank(entry) !== -1)
    .toSorted((one, other) => rank(one) - rank(other))[0];
}

export function isGuestPlatform({ os, architecture }: Pick<Platform, 'os' | 'architecture'>): boolean {
  return `${os}/${architecture}` === GUEST_PLATFORM;
}

/** Each once, sorted; without those that are no images, such as attestations. */
export function platformNames(entries: readonly IndexEntry[]): string[] {
  const names = entries
    .map(({ platform }) => platform)
    .filter(({ os }) => os !== '' && os !== 'unknown')
    .map(({ os, architecture, variant }) => [os, architecture, variant].filter(Boolean).join('/'))
    // shown on terminals
    .map((name) => name.replaceAll(/[^\w./-]/g, '?'));
  return [...new Set(names)].toSorted();
}
