import type { PublishedPort } from '../../../contract/index.js';
import { PortTakenError } from '../../../host/index.js';
import { VmmProtocolError } from '../hypervisor.errors.js';
import type { QmpClient } from './qmp-client.js';

/** Name of a NIC within QEMU. */
export function nicId(index: number): string {
  return `nic${index}`;
}

/** A forward in QEMU's words, for its command line and its monitor. */
export function forwardRule(forward: PublishedPort): string {
  return `${listener(forward)}-:${forward.guestPort}`;
}

function listener({ protocol, hostAddress, hostPort }: Omit<PublishedPort, 'guestPort'>): string {
  return `${protocol}:${hostAddress}:${hostPort}`;
}

/** `  TCP[HOST_FORWARD]  12       127.0.0.1 22001       10.0.2.15    22     0     0` */
const FORWARD_LINE = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+-?\d+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)\s/;

/** The forwards in the answer to `info usernet`. */
export function parseForwards(text: string): PublishedPort[] {
  return text.split('\n').flatMap((line) => {
    const [, protocol, address = '', hostPort, guestPort] = FORWARD_LINE.exec(line) ?? [];
    if (protocol === undefined) return [];
    return {
      protocol: protocol === 'TCP' ? ('tcp' as const) : ('udp' as const),
      // QEMU shows the address that stands for all of them by a star
      hostAddress: address === '*' ? '0.0.0.0' : address,
      hostPort: Number(hostPort),
      guestPort: Number(guestPort),
    };
  });
}

/**
 * Makes the forwards of the first NIC those that are wanted. What is there now is asked of QEMU: after a daemon's
 * death in between nobody else knows. QMP has no command for it, so it is done in the words of the human monitor,
 * which tells failures in prose alone.
 */
export async function setForwards(qmp: QmpClient, wanted: readonly PublishedPort[]): Promise<void> {
  const present = parseForwards(await monitor(qmp, 'info usernet'));
  const rules = new Set(wanted.map(forwardRule));
  for (const forward of present.filter((one) => !rules.has(forwardRule(one))))
    await monitor(qmp, `hostfwd_remove ${nicId(0)} ${listener(forward)}`);
  const there = new Set(present.map(forwardRule));
  for (const forward of wanted.filter((one) => !there.has(forwardRule(one)))) {
    const answer = await monitor(qmp, `hostfwd_add ${nicId(0)} ${forwardRule(forward)}`);
    if (/could not set up/i.test(answer)) throw new PortTakenError(forward, {});
    if (answer.trim() !== '') throw new VmmProtocolError('hostfwd_add', answer.trim().slice(0, 200));
  }
}

/** The cable of the first NIC: what its guest is when it is restored nobody may see. */
export async function setCable(qmp: QmpClient, plugged: boolean): Promise<void> {
  await qmp.execute('set_link', { name: nicId(0), up: plugged });
}

async function monitor(qmp: QmpClient, line: string): Promise<string> {
  const answer = await qmp.execute('human-monitor-command', { 'command-line': line });
  return typeof answer === 'string' ? answer : '';
}
