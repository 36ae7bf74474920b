/** Settings of the host without which it does not reach or accept its mirrors. Hooks, caches and indexes stay behind. */
const NEEDED =
  /^Acquire::(https?(::|$)|Retries|Check-Valid-Until|Check-Date|Max-FutureTime|ForceIPv[46]|AllowInsecureRepositories|AllowWeakRepositories)/i;

/** Those of the options that `apt-config dump` prints, one `Name "value";` a line, that the build needs as well. */
export function selectAptOptions(dump: string): string {
  return dump
    .split('\n')
    .filter((line) => NEEDED.test(line) && !line.endsWith(' "";'))
    .map((line) => `${line}\n`)
    .join('');
}
