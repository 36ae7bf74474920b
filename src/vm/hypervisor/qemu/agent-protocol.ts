import type { GuestExecResult, NetworkCounters } from '../guest-channels.js';
import { isRecord } from './qmp-protocol.js';

/**
 * A sync request: the byte 0xFF makes the agent drop a half command of an earlier connection. It also answers that
 * byte with a parse error, which has no id and is skipped.
 */
export function syncRequest(id: number): Buffer {
  const command = { execute: 'guest-sync-delimited', arguments: { id } };
  return Buffer.concat([Buffer.of(0xff), Buffer.from(`${JSON.stringify(command)}\n`)]);
}

/** The pid in the answer to guest-exec; undefined for nonsense. */
export function parseExecStarted(value: unknown): number | undefined {
  const pid = isRecord(value) ? value['pid'] : undefined;
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/** The answer to guest-exec-status: `running`, the result, or undefined for nonsense. */
export function parseExecStatus(value: unknown): 'running' | GuestExecResult | undefined {
  if (!isRecord(value) || typeof value['exited'] !== 'boolean') return undefined;
  if (!value['exited']) return 'running';
  const exitCode = exitCodeOf(value);
  if (exitCode === undefined) return undefined;
  return { exitCode, stdout: bytes(value['out-data']), stderr: bytes(value['err-data']) };
}

/** The sum of an answer to guest-network-get-interfaces, without the loopback; undefined for nonsense. */
export function parseInterfaces(value: unknown): NetworkCounters | undefined {
  if (!Array.isArray(value)) return undefined;
  let receivedBytes = 0;
  let sentBytes = 0;
  for (const nic of value as unknown[]) {
    if (!isRecord(nic)) return undefined;
    const { name, statistics } = nic;
    if (name === 'lo' || !isRecord(statistics)) continue;
    receivedBytes += byteCount(statistics['rx-bytes']);
    sentBytes += byteCount(statistics['tx-bytes']);
  }
  return { receivedBytes, sentBytes };
}

function byteCount(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function exitCodeOf(value: Record<string, unknown>): number | undefined {
  const { exitcode, signal } = value;
  if (isByte(exitcode)) return exitcode;
  return isByte(signal) ? Math.min(255, 128 + signal) : undefined;
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}

function bytes(value: unknown): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
}

/** How qemu-ga words that the program could not be started (glib's text; not translated, its locale is C). */
export function isExecNotFound(reason: string): boolean {
  return /failed to execute child process/i.test(reason);
}
