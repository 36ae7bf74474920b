import type { PublishedPort, VmListener } from '../../contract/index.js';
import type { GuestListener } from './guest-listeners.js';

const SSH_PORT = 22;
/** what QEMU's user network forwards to; the guest has no IPv6 address in it */
const WILDCARDS = new Set(['0.0.0.0', '::']);

export interface ReachFacts {
  readonly vm: string;
  readonly sshPort: number | undefined;
  readonly publishedPorts: readonly PublishedPort[];
}

/** Where a listener of the guest is reached on the host, or what would let it be. Pure. */
export function withReach(listener: GuestListener, facts: ReachFacts): VmListener {
  const { protocol, port, address } = listener;
  if (isLoopback(address)) {
    return { ...listener, reachable: [], hint: 'listens on the guest’s loopback only: bind it to 0.0.0.0' };
  }
  if (!WILDCARDS.has(address) && address.includes(':'))
    return { ...listener, reachable: [], hint: 'listens on an IPv6 address: bind it to 0.0.0.0 or ::' };
  const reachable = facts.publishedPorts
    .filter((one) => one.protocol === protocol && one.guestPort === port)
    .map(({ hostAddress, hostPort }) => `${hostAddress}:${hostPort}`);
  if (protocol === 'tcp' && port === SSH_PORT && facts.sshPort !== undefined)
    reachable.push(`127.0.0.1:${facts.sshPort}`);
  if (reachable.length > 0) return { ...listener, reachable };
  const suffix = protocol === 'udp' ? '/udp' : '';
  const hint = `not published: banger vm set ${facts.vm} --publish ${unprivileged(port)}:${port}${suffix}`;
  return { ...listener, reachable, hint };
}

/** Published ports that lead to nothing. */
export function idlePorts(
  published: readonly PublishedPort[],
  listeners: readonly GuestListener[],
): PublishedPort[] {
  return published.filter(
    ({ guestPort, protocol }) =>
      !listeners.some(
        (one) => one.port === guestPort && one.protocol === protocol && !isLoopback(one.address),
      ),
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:7f');
}

/** A port of the host that everybody may listen on. */
function unprivileged(port: number): number {
  return port < 1024 ? 8000 + port : port;
}
