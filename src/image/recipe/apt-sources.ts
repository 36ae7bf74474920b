import type { Distribution } from './distributions.js';

/** One line of sources.list(5), whichever style it was written in. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** path of the keyring, where one is named */
  readonly signedBy?: string;
}

export interface SourcesFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Reads sources.list(5) in both styles. By hand: apt prints its own view only for indexes that it has downloaded.
 * Entries that are disabled, for source packages or malformed are left out, as apt would skip or refuse them.
 */
export function parseAptSources(files: readonly SourcesFile[]): AptSource[] {
  return files.flatMap(({ path, text }) =>
    path.endsWith('.sources') ? parseDeb822(text) : parseOneLine(text),
  );
}

/**
 * The host distribution's own sources of the release that it runs: the release itself, its updates, its security fixes.
 * Third parties often name their suite after the release, so that keyring and path have to be the distribution's too.
 */
export function selectDistributionSources(
  sources: readonly AptSource[],
  distribution: Distribution,
  codename: string,
): AptSource[] {
  const suites = new Set([codename, `${codename}-updates`, `${codename}-security`]);
  const seen = new Set<string>();
  return sources.flatMap((source) => {
    const components = distribution.components.filter((name) => source.components.includes(name));
    const key = `${source.uri.replace(/\/$/, '')} ${source.suite}`;
    if (!suites.has(source.suite) || components.length === 0 || seen.has(key)) return [];
    if (!isOwnArchive(source, distribution)) return [];
    seen.add(key);
    return [{ ...source, components }];
  });
}

/** As apt and mmdebstrap read them from a sources.list. */
export function formatAptSources(sources: readonly AptSource[]): string {
  return sources
    .map(({ uri, suite, components, signedBy }) =>
      ['deb', ...(signedBy === undefined ? [] : [`[signed-by=${signedBy}]`]), uri, suite, ...components].join(
        ' ',
      ),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function isOwnArchive(source: AptSource, distribution: Distribution): boolean {
  const keyring = source.signedBy?.split('/').at(-1);
  if (keyring !== undefined) return distribution.keyring.test(keyring);
  return distribution.archivePath.test(source.uri);
}

function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = words(options)
      .find((option) => /^signed-by=/i.test(option))
      ?.slice('signed-by='.length);
    return [source(uri, suite, words(components), signedBy)];
  });
}

function parseDeb822(text: string): AptSource[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = parseStanza(stanza);
      const field = (name: string): string => fields.get(name) ?? '';
      if (!words(field('types')).includes('deb') || /^(no|false|off|0|disable)$/i.test(field('enabled')))
        return [];
      return words(field('uris')).flatMap((uri) =>
        words(field('suites')).map((suite) =>
          source(uri, suite, words(field('components')), field('signed-by')),
        ),
      );
    });
}

/** `Name: value`, continued on lines that begin with a blank. Names count in any case. */
function parseStanza(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of stanza.split('\n')) {
    const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (match === null) {
      if (/^\s+\S/.test(line)) fields.set(name, `${fields.get(name) ?? ''} ${line.trim()}`.trim());
      continue;
    }
    name = (match[1] ?? '').toLowerCase();
    fields.set(name, (match[2] ?? '').trim());
  }
  return fields;
}

/** A key written into the sources themselves, or its fingerprint, is no path: the distribution's keyring serves then. */
function source(
  uri: string,
  suite: string,
  components: readonly string[],
  signedBy: string | undefined,
): AptSource {
  const keyring = signedBy?.split(/[\s,]/).find((word) => word.startsWith('/'));
  return { uri, suite, components, ...(keyring !== undefined && { signedBy: keyring }) };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
