import { VmmProtocolError } from '../hypervisor.errors.js';
import type { QmpClient } from './qmp-client.js';
import { isRecord } from './qmp-protocol.js';

/** `ms`: a qcow2 disk that grows by terabytes gets a larger table of its clusters, which is written */
const RESIZE_TIMEOUT_MS = 60_000;

/** Name of a drive within QEMU; its serial says which it is, in the guest as well. */
export function driveNode(serial: string): string {
  return serial;
}

/** What a drive is now: the node changes when the drive is frozen and goes on in another file. */
export interface DriveNow {
  readonly node: string;
  readonly path: string;
  /** that the guest sees */
  readonly bytes: number;
  /** of what it stands on, as its header names it; undefined where it stands on nothing */
  readonly basePath?: string;
  /** QEMU has what it stands on open by another path than that */
  readonly isBaseStale: boolean;
}

/** Enlarges a drive; never makes one smaller, which QEMU would do. */
export async function resizeDrive(qmp: QmpClient, serial: string, bytes: number): Promise<void> {
  const { node, bytes: before } = await driveNow(qmp, serial);
  if (before >= bytes) return;
  try {
    await qmp.execute('block_resize', { 'node-name': node, size: bytes }, RESIZE_TIMEOUT_MS);
  } catch (error) {
    // An answer that came too late, or not at all, does not say that nothing was done.
    if ((await driveNow(qmp, serial)).bytes < bytes) throw error;
  }
}

async function driveNow(qmp: QmpClient, serial: string): Promise<DriveNow> {
  const drives = await drivesNow(qmp);
  const drive = drives.get(serial);
  if (drive === undefined) throw new VmmProtocolError('query-block', `no drive is called ${serial}`);
  return drive;
}

/** By serial. A QEMU of an earlier version of banger calls no device by its drive: there the node has its name still. */
export async function drivesNow(qmp: QmpClient): Promise<Map<string, DriveNow>> {
  const answer = await qmp.execute('query-block');
  const found = new Map<string, DriveNow>();
  for (const entry of Array.isArray(answer) ? (answer as unknown[]) : []) {
    const inserted = isRecord(entry) ? entry['inserted'] : undefined;
    if (!isRecord(entry) || !isRecord(inserted)) continue;
    const image = isRecord(inserted['image']) ? inserted['image'] : {};
    const { 'node-name': node, file } = inserted;
    const { 'virtual-size': bytes, 'full-backing-filename': named } = image;
    const opened = openedAs(file);
    if (typeof node !== 'string' || typeof bytes !== 'number' || opened === undefined) continue;
    const device = /^\/machine\/peripheral\/([^/]+)\//.exec(String(entry['qdev']))?.[1];
    const isBaseStale = opened.isOverridden && opened.basePath !== named;
    found.set(device ?? node, {
      node,
      path: opened.path,
      bytes,
      ...(typeof named === 'string' && { basePath: named }),
      isBaseStale,
    });
  }
  return found;
}

interface Opened {
  readonly path: string;
  readonly isOverridden: boolean;
  /** undefined where that is overridden in its turn */
  readonly basePath?: string;
}

/** What a path does not say, such as that it stands on another than its header names, QEMU puts into `json:{…}`. */
function openedAs(file: unknown): Opened | undefined {
  if (typeof file !== 'string') return undefined;
  if (!file.startsWith('json:')) return { path: file, isOverridden: false };
  try {
    const options: unknown = JSON.parse(file.slice('json:'.length));
    const path = fileOf(options);
    if (path === undefined) return undefined;
    const base = isRecord(options) ? options['backing'] : undefined;
    const basePath = isRecord(base) && base['backing'] === undefined ? fileOf(base) : undefined;
    return { path, isOverridden: true, ...(basePath !== undefined && { basePath }) };
  } catch {
    return undefined;
  }
}

function fileOf(options: unknown): string | undefined {
  const file = isRecord(options) ? options['file'] : undefined;
  const path = isRecord(file) ? file['filename'] : undefined;
  return typeof path === 'string' ? path : undefined;
}
