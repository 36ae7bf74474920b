import { randomBytes, randomUUID } from 'node:crypto';
import type { MachineDraft } from '../../capabilities/index.js';
import type { GuestAgent } from '../hypervisor/hypervisor.js';
import { GuestAgentError } from '../hypervisor/hypervisor.errors.js';
import { adoptionProgram } from './identity-adoption.js';

const ENTROPY_BYTES = 512;
const TIMEOUT_MS = 60_000;
const MAX_COMPLAINT = 300;

/**
 * Makes a guest that goes on from a saved machine another machine, before its network is up: clock, random numbers,
 * files, name, address. Not repeatable: the offset of its clock is the one of now. @throws GuestAgentError, TimeoutError
 */
export async function adoptIdentity(
  agent: GuestAgent,
  identity: Pick<MachineDraft, 'identityFiles' | 'nics' | 'network'> & {
    readonly hostName: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { identityFiles, nics, network, hostName, signal } = identity;
  const asked = performance.now();
  const theirs = await agent.time();
  const clockOffsetMs = Date.now() - (performance.now() - asked) / 2 - theirs;
  const stdin = adoptionProgram({
    hostName,
    identityFiles,
    mac: nics[0]?.mac,
    network,
    clockOffsetMs,
    entropy: randomBytes(ENTROPY_BYTES),
    bootId: randomUUID(),
  });
  const { exitCode, stderr } = await agent.exec(['perl', '-'], { stdin, timeoutMs: TIMEOUT_MS, signal });
  if (exitCode === 0) return;
  const complaint = stderr
    .toString('utf8', 0, MAX_COMPLAINT)
    .replaceAll(/[^\P{C}\n]/gu, '?')
    .trim();
  throw new GuestAgentError(hostName, `it did not take on its identity (status ${exitCode}): ${complaint}`);
}
