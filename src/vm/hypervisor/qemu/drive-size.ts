import { VmmProtocolError } from '../hypervisor.errors.js';
import type { QmpClient } from './qmp-client.js';
import { isRecord } from './qmp-protocol.js';

/** `ms`: a qcow2 disk that grows by terabytes gets a larger table of its clusters, which is written */
const RESIZE_TIMEOUT_MS = 60_000;

/** Name of a drive within QEMU; its serial says which it is, in the guest as well. */
export function driveNode(serial: string): string {
  return serial;
}

/** Enlarges a drive; never makes one smaller, which QEMU would do. */
export async function resizeDrive(qmp: QmpClient, serial: string, bytes: number): Promise<void> {
  const node = driveNode(serial);
  if ((await driveBytes(qmp, node)) >= bytes) return;
  try {
    await qmp.execute('block_resize', { 'node-name': node, size: bytes }, RESIZE_TIMEOUT_MS);
  } catch (error) {
    // An answer that came too late, or not at all, does not say that nothing was done.
    if ((await driveBytes(qmp, node)) < bytes) throw error;
  }
}

async function driveBytes(qmp: QmpClient, node: string): Promise<number> {
  const nodes = await qmp.execute('query-named-block-nodes', { flat: true });
  const found = (Array.isArray(nodes) ? nodes : []).find(
    (one): one is Record<string, unknown> => isRecord(one) && one['node-name'] === node,
  );
  const image = found?.['image'];
  const size = isRecord(image) ? image['virtual-size'] : undefined;
  if (typeof size !== 'number')
    throw new VmmProtocolError('query-named-block-nodes', `no drive is called ${node}`);
  return size;
}
