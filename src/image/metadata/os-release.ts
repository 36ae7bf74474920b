const MAX_NAME = 100;

/** PRETTY_NAME of an os-release file, as it can be shown; undefined when it has none. Read as data, never as a script. */
export function distributionName(osRelease: string): string | undefined {
  const value = /^PRETTY_NAME=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"']+))\s*$/m.exec(osRelease);
  const name = (value?.[1] ?? value?.[2] ?? value?.[3] ?? '').replaceAll(/\p{C}/gu, '').trim();
  return name === '' ? undefined : name.slice(0, MAX_NAME);
}
