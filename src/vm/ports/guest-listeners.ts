/** A socket of the guest that listens, by the guest's word. */
export interface GuestListener {
  readonly protocol: 'tcp' | 'udp';
  /** `0.0.0.0`, `127.0.0.1`, `::` */
  readonly address: string;
  readonly port: number;
  readonly pid?: number;
  readonly process?: string;
}

export const MAX_LISTENERS = 500;
/** the agent takes 1.5 MiB of output in all */
const MAX_OUTPUT_BYTES = 1_000_000;
const MAX_NAME_LENGTH = 32;

/**
 * Everything that listens in the guest's own network namespace, in a shell of whatever kind: four processes, however
 * many sockets there are. `ss` says the same and is not in every image. State 0A is LISTEN, 07 a bound UDP socket
 * without a peer.
 */
export const LISTENERS_COMMAND = [
  'sh',
  '-c',
  [
    '{ for f in tcp tcp6 udp udp6; do echo "== $f"; grep -e " 0A " -e " 07 " /proc/net/$f 2>/dev/null; done',
    'echo "== fds"; ls -l /proc/[0-9]*/fd 2>/dev/null | grep -e "^/proc/" -e "socket:.[0-9]"',
    `echo "== names"; grep . /proc/[0-9]*/comm /dev/null 2>/dev/null; } | head -c ${MAX_OUTPUT_BYTES}`,
  ].join('\n'),
] as const;

interface Owner {
  readonly pid: number;
  readonly process?: string;
}

/** Reads what the guest printed, which may be anything: what is no line of the kind expected is skipped. */
export function parseListeners(text: string): { listeners: GuestListener[]; truncated: boolean } {
  const sections = sectionsOf(text.slice(0, MAX_OUTPUT_BYTES));
  const owners = ownersOf(sections.get('fds') ?? [], namesOf(sections.get('names') ?? []));
  const found = new Map<string, GuestListener>();
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6'] as const) {
    for (const line of sections.get(table) ?? []) {
      const listener = listenerOf(table, line, owners);
      // Several processes may share one port (SO_REUSEPORT): it is listed once for each of them.
      if (listener !== undefined) found.set(keyOf(listener), listener);
      if (found.size > MAX_LISTENERS)
        return { listeners: sorted(found).slice(0, MAX_LISTENERS), truncated: true };
    }
  }
  return { listeners: sorted(found), truncated: text.length >= MAX_OUTPUT_BYTES };
}

function keyOf({ protocol, address, port, pid }: GuestListener): string {
  return `${protocol} ${address} ${port} ${pid ?? ''}`;
}

function sorted(found: ReadonlyMap<string, GuestListener>): GuestListener[] {
  return [...found.values()].toSorted(
    (a, b) => a.protocol.localeCompare(b.protocol) || a.port - b.port || a.address.localeCompare(b.address),
  );
}

/** Lines by the heading above them. */
function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    const [, heading] = /^== ([a-z0-9]+)$/.exec(line) ?? [];
    // A second heading of a name is the guest's doing: the first counts.
    if (heading === undefined) lines.push(line);
    else if (sections.has(heading)) lines = [];
    else sections.set(heading, (lines = []));
  }
  return sections;
}

const SOCKET_LINE =
  /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} (0A|07) \S+ \S+ \S+ +\d+ +\d+ +(\d{1,20})(?: |$)/;

function listenerOf(
  table: 'tcp' | 'tcp6' | 'udp' | 'udp6',
  line: string,
  owners: ReadonlyMap<string, Owner>,
): GuestListener | undefined {
  const [, hex = '', port = '', state, inode = ''] = SOCKET_LINE.exec(line) ?? [];
  const protocol = table.startsWith('tcp') ? 'tcp' : 'udp';
  const isV6 = table.endsWith('6');
  if (state !== (protocol === 'tcp' ? '0A' : '07') || (hex.length === 32) !== isV6) return undefined;
  const number = Number.parseInt(port, 16);
  if (number === 0) return undefined;
  return { protocol, address: isV6 ? ipv6(hex) : ipv4(hex), port: number, ...owners.get(inode) };
}

/** The kernel prints each 32-bit word as the CPU has it: the bytes of x86 in reverse. */
function bytesOf(word: string): number[] {
  return (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).toReversed();
}

function ipv4(hex: string): string {
  return bytesOf(hex).join('.');
}

function ipv6(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap(bytesOf);
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  // The URL parser writes addresses in their canonical form.
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

/** Which process has which socket, by the socket's inode. */
function ownersOf(lines: readonly string[], names: ReadonlyMap<number, string>): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  let pid = 0;
  for (const line of lines) {
    const [, directory] = /^\/proc\/(\d{1,10})\/fd:$/.exec(line) ?? [];
    if (directory !== undefined) pid = Number(directory);
    const [, inode] = / -> socket:\[(\d{1,20})\]$/.exec(line) ?? [];
    // A socket that was handed on is named after the process that had it first: the lowest pid comes last in doubt.
    if (inode === undefined || pid === 0) continue;
    const process = names.get(pid);
    const known = owners.get(inode);
    if (known === undefined || prefers(pid, known.pid))
      owners.set(inode, { pid, ...(process !== undefined && { process }) });
  }
  return owners;
}

/** systemd keeps the sockets of the services that it starts: the service itself says more. */
function prefers(pid: number, before: number): boolean {
  return before === 1 || (pid !== 1 && pid < before);
}

function namesOf(lines: readonly string[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of lines) {
    const [, pid, name = ''] = /^\/proc\/(\d{1,10})\/comm:(.*)$/.exec(line) ?? [];
    if (pid !== undefined && !names.has(Number(pid))) names.set(Number(pid), printable(name));
  }
  return names;
}

function printable(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MAX_NAME_LENGTH);
}
