import { suggest } from '../../core/errors/index.js';
import { COPY_NAME_PATTERN, RESTART_POLICIES, VM_NAME_PATTERN } from '../../contract/names.js';
import type { HostPort, PublishedPort, RestartPolicy } from '../../contract/vm.dto.js';
import { UsageError } from '../usage-error.js';

const MIB_PER_UNIT: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024, t: 1024 * 1024 };

/**
 * MiB of a size such as `512m`, `2g`, `1.5G`, `2GiB` or `1024` (MiB). @throws UsageError
 */
export function parseMib(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?)?$/i.exec(text.trim());
  const mib = Number(match?.[1]) * (MIB_PER_UNIT[(match?.[2] ?? 'm').toLowerCase()] ?? NaN);
  if (match === null || !Number.isFinite(mib)) {
    throw new UsageError(
      `${option} ${JSON.stringify(text)} is not a size`,
      'write 512m, 2g, or a number of MiB',
    );
  }
  if (!Number.isInteger(mib) || mib < 1 || mib > Number.MAX_SAFE_INTEGER) {
    throw new UsageError(
      `${option} ${JSON.stringify(text)} is not a whole number of MiB`,
      'write 512m, 2g, or a number of MiB',
    );
  }
  return mib;
}

/** @throws UsageError */
export function parseCount(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new UsageError(
      `${option} ${JSON.stringify(text)} is not a whole number`,
      `write a number, such as ${option} 2`,
    );
  return Number(text);
}

/** Seconds, with fractions: from 0.1 to an hour. @throws UsageError */
export function parseSeconds(option: string, text: string): number {
  const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0.1 && seconds <= 3600) return seconds;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is not a time from 0.1 to 3600 seconds`,
    `write a number of seconds, such as ${option} 2`,
  );
}

/** The daemon checks it too; here it costs no daemon, and the complaint names the option. @throws UsageError */
export function parseVmName(option: string, text: string): string {
  if (VM_NAME_PATTERN.test(text)) return text;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is no name for a VM: it must be 1 to 63 of a-z, 0-9 and -, begin with a letter and not end with -`,
    `write a name such as ${option} web-1, or leave it out`,
  );
}

/** With `{n}` for a number. @throws UsageError */
export function parseCopyName(option: string, text: string): string {
  if (COPY_NAME_PATTERN.test(text)) return text;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} names no VMs: a-z, 0-9, - and {n} for the number, a letter first`,
    `write a name such as ${option} 'try-{n}', or leave it out`,
  );
}

/** Adds `K=V`, or `K` with the value that it has in the caller's environment. @throws UsageError */
export function addVariable(
  text: string,
  into: Readonly<Record<string, string>> | undefined,
  callerEnv: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new UsageError(
      `--env ${JSON.stringify(text)} does not name a variable`,
      'write --env NAME=VALUE or --env NAME',
    );
  }
  const fromCaller = Object.hasOwn(callerEnv, name) ? callerEnv[name] : undefined;
  const value = equals < 0 ? fromCaller : text.slice(equals + 1);
  if (value === undefined) {
    throw new UsageError(
      `--env ${name}: there is no such variable here`,
      `set ${name}, or write --env ${name}=VALUE`,
    );
  }
  return { ...into, [name]: value };
}

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const MAX_SECONDS = 366 * 86_400;

/** Seconds of a duration such as `90s`, `30m`, `1h30m` or `7d`; `0`, for never, is 0. @throws UsageError */
export function parseDuration(option: string, text: string): number {
  return secondsOf(option, text, `write ${option} 90s, 30m, 1h30m or 7d, or 0 for never`);
}

function secondsOf(option: string, text: string, how: string): number {
  const written = text.trim().toLowerCase();
  if (written === '0') return 0;
  if (!/^(?:\d{1,9}[smhd])+$/.test(written)) {
    const why = /^\d+$/.test(written) ? 'has no unit' : 'is not a duration';
    throw new UsageError(`${option} ${JSON.stringify(text)} ${why}`, how);
  }
  const seconds = [...written.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (SECONDS_PER_UNIT[unit] ?? NaN),
    0,
  );
  if (seconds > MAX_SECONDS)
    throw new UsageError(`${option} ${JSON.stringify(text)} is more than a year`, how);
  return seconds;
}

/** A duration that is not nothing. @throws UsageError */
export function parseSpan(option: string, text: string): number {
  const seconds = secondsOf(option, text, `write ${option} 90s, 30m, 1h30m or 7d`);
  if (seconds === 0)
    throw new UsageError(
      `${option} ${JSON.stringify(text)} is no time at all`,
      `leave ${option} out for no limit`,
    );
  return seconds;
}

/** `K=V`, or `K` for any value. @throws UsageError */
export function parseLabelFilter(option: string, text: string): string {
  if (/^[^=]/.test(text)) return text;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} names no label`,
    `write ${option} NAME or ${option} NAME=VALUE`,
  );
}

/** Adds the label `K=V`. The daemon knows what names and values may be. @throws UsageError */
export function addLabel(
  option: string,
  text: string,
  into: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw new UsageError(
      `${option} ${JSON.stringify(text)} is not a label`,
      `write ${option} NAME=VALUE, such as ${option} team=web`,
    );
  return { ...into, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** @throws UsageError */
export function parseRestartPolicy(option: string, text: string): RestartPolicy {
  const policy = RESTART_POLICIES.find((one) => one === text);
  if (policy !== undefined) return policy;
  const similar = suggest(text, RESTART_POLICIES);
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is no restart policy`,
    `${similar === undefined ? '' : `did you mean ${similar}? `}there are ${RESTART_POLICIES.join(', ')}`,
  );
}

const PUBLISHED = /^(?:(\d{1,3}(?:\.\d{1,3}){3}):)?(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/;

/** `8080` or `5353/udp`: a published port by what it is on the host. @throws UsageError */
export function parseHostPort(option: string, text: string): HostPort {
  const [matched, hostPort, protocol] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text.trim()) ?? [];
  if (matched === undefined || Number(hostPort) < 1 || Number(hostPort) > 65_535) {
    throw new UsageError(
      `${option} ${JSON.stringify(text)} names no published port`,
      `write ${option} HOST, the port on this host, such as 8080 or 5353/udp`,
    );
  }
  return { hostPort: Number(hostPort), protocol: protocol === 'udp' ? 'udp' : 'tcp' };
}

/** `8080:80`, `0.0.0.0:8080:80` or `5353:53/udp`; the loopback when there is no address. @throws UsageError */
export function parsePublishedPort(option: string, text: string): PublishedPort {
  const [matched, hostAddress = '127.0.0.1', hostPort, guestPort, protocol = 'tcp'] =
    PUBLISHED.exec(text.trim()) ?? [];
  const ports = [Number(hostPort), Number(guestPort)];
  const isAddress = hostAddress.split('.').every((part) => Number(part) <= 255);
  if (matched === undefined || !isAddress || ports.some((port) => port < 1 || port > 65_535)) {
    throw new UsageError(
      `${option} ${JSON.stringify(text)} is not a port to publish`,
      `write ${option} HOST:GUEST, such as 8080:80, 5353:53/udp, or 0.0.0.0:8080:80 for all of the network`,
    );
  }
  return {
    hostAddress,
    hostPort: Number(hostPort),
    guestPort: Number(guestPort),
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
  };
}
