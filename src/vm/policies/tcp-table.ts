/** IPv4 address, or an IPv4 address that IPv6 has mapped; '' for any other. */
interface TcpEnd {
  readonly address: string;
  readonly port: number;
}

/** A TCP connection as one of its ends on this host has it. */
export interface TcpEntry {
  readonly local: TcpEnd;
  readonly remote: TcpEnd;
  /** 0 when no process has it open any more */
  readonly inode: number;
}

const LISTEN = '0A';
const ANY = '0.0.0.0';

/** The connections of a table of the kernel; listeners left out. Lines that are none are skipped. */
export function parseTcpTable(text: string): TcpEntry[] {
  const entries: TcpEntry[] = [];
  for (const line of text.split('\n')) {
    // `0: 0100007F:1F90 0100007F:C0DE 01 00000000:00000000 00:00000000 00000000 0 0 12345 …`
    const [number = '', localEnd = '', remoteEnd = '', state = '', ...rest] = line.trim().split(/\s+/);
    if (!/^\d+:$/.test(number) || state === LISTEN) continue;
    const local = parseEnd(localEnd);
    const remote = parseEnd(remoteEnd);
    if (local !== undefined && remote !== undefined)
      entries.push({ local, remote, inode: Number(rest[5]) || 0 });
  }
  return entries;
}

/** IPv4 is four bytes in the order of the machine, which is little-endian; IPv6 four words of them. */
function parseEnd(text: string): TcpEnd | undefined {
  const [, word = '', port = ''] = /^(?:0{16}FFFF0000)?([0-9A-F]{8}):([0-9A-F]{4})$/.exec(text) ?? [];
  if (word === '') {
    const other = /^[0-9A-F]{32}:([0-9A-F]{4})$/.exec(text)?.[1];
    return other === undefined ? undefined : { address: '', port: Number.parseInt(other, 16) };
  }
  const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
  return { address: bytes.join('.'), port: Number.parseInt(port, 16) };
}

/** An address that a VMM listens on. */
export interface ListenAddress {
  readonly hostAddress: string;
  readonly hostPort: number;
}

/**
 * Which of the addresses somebody is, or was a moment ago, connected to. Connections of this daemon itself do not
 * count: it keeps one to each guest. Both ends of a connection over the loopback are in the table; one that was just
 * closed stays in it for a minute (TIME_WAIT), so that short ones are seen too.
 * @param own inodes of this process's sockets
 */
export function usedAddresses<A extends ListenAddress>(
  entries: readonly TcpEntry[],
  addresses: readonly A[],
  own: ReadonlySet<number>,
): Set<A> {
  const byPort = Map.groupBy(addresses, ({ hostPort }) => hostPort);
  // By both ports: two connections to different places may have the same port at this end.
  const ownEnds = new Set(
    entries.filter(({ inode }) => own.has(inode)).map(({ local, remote }) => portPair(local, remote)),
  );
  const used = new Set<A>();
  for (const { local, remote } of entries) {
    if (!ownEnds.has(portPair(remote, local)) || !isLoopback(remote))
      for (const address of byPort.get(local.port) ?? []) if (listensAt(address, local)) used.add(address);
    // The client's end, which alone is left when the client has closed first.
    if (isLoopback(remote) && !ownEnds.has(portPair(local, remote)))
      for (const address of byPort.get(remote.port) ?? []) if (listensAt(address, remote)) used.add(address);
  }
  return used;
}

function listensAt({ hostAddress }: ListenAddress, end: TcpEnd): boolean {
  return hostAddress === ANY || hostAddress === end.address;
}

function portPair(from: TcpEnd, to: TcpEnd): string {
  return `${from.port}:${to.port}`;
}

function isLoopback({ address }: TcpEnd): boolean {
  return address.startsWith('127.');
}
