import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { MachineDraft } from '../../capabilities/index.js';
import type { GuestAgent } from '../hypervisor/hypervisor.js';
import { GuestAgentError } from '../hypervisor/hypervisor.errors.js';
import { ADOPTION_PROGRAM, adoptionRecords } from './identity-adoption.js';

const ENTROPY_BYTES = 512;
const TIMEOUT_MS = 60_000;
const MAX_COMPLAINT = 300;
/** where the program that waits is told who its guest is */
export const ADOPTION_FIFO = '/run/banger/adoption';
/** `bytes` that the program makes room for in its FIFO: what does not fit is brought another way */
const FIFO_BYTES = 1024 * 1024;

/** The program that gives a guest its identity, where it waits in a saved machine: started, read and compiled. JSON. */
export interface WaitingAdopter {
  /** in the guest */
  readonly pid: number;
  /** digest of the program: another version of banger has other records for it */
  readonly program: string;
}

/**
 * Leaves the program in a guest that is about to be saved. Whoever goes on from there saves its start, which is most of
 * what it takes under emulation. It is there once, for the first identity. @throws GuestAgentError, TimeoutError
 */
export async function leaveAdopter(agent: GuestAgent, signal: AbortSignal): Promise<WaitingAdopter> {
  const pid = await agent.start(['perl', '-', ADOPTION_FIFO], { stdin: ADOPTION_PROGRAM });
  const waits = `until [ -p ${ADOPTION_FIFO} ]; do kill -0 ${pid} && sleep 0.1 || exit 1; done`;
  const { exitCode } = await agent.exec(['sh', '-c', waits], { timeoutMs: TIMEOUT_MS, signal });
  if (exitCode !== 0)
    throw new GuestAgentError('template', 'the program that gives it its identity has ended');
  return { pid, program: digest(ADOPTION_PROGRAM) };
}

/**
 * Makes a guest that goes on from a saved machine another machine, before its network is up: clock, random numbers,
 * files, name, address. Not repeatable: the offset of its clock is the one of now. @throws GuestAgentError, TimeoutError
 */
export async function adoptIdentity(
  agent: GuestAgent,
  identity: Pick<MachineDraft, 'identityFiles' | 'nics' | 'network'> & {
    readonly hostName: string;
    /** where the program waits in this guest */
    readonly adopter?: WaitingAdopter | undefined;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { identityFiles, nics, network, hostName, adopter, signal } = identity;
  const asked = performance.now();
  const theirs = await agent.time();
  const clockOffsetMs = Date.now() - (performance.now() - asked) / 2 - theirs;
  const records = adoptionRecords({
    hostName,
    identityFiles,
    mac: nics[0]?.mac,
    network,
    clockOffsetMs,
    entropy: randomBytes(ENTROPY_BYTES),
    bootId: randomUUID(),
  });
  const limits = { timeoutMs: TIMEOUT_MS, signal };
  const isAwaited = adopter?.program === digest(ADOPTION_PROGRAM) && records.length <= FIFO_BYTES;
  const { exitCode, stderr } = isAwaited
    ? await agent.finish(adopter.pid, { ...limits, fifo: ADOPTION_FIFO, input: records })
    : await agent.exec(['perl', '-'], { ...limits, stdin: Buffer.concat([ADOPTION_PROGRAM, records]) });
  if (exitCode === 0) return;
  const complaint = stderr
    .toString('utf8', 0, MAX_COMPLAINT)
    .replaceAll(/[^\P{C}\n]/gu, '?')
    .trim();
  throw new GuestAgentError(hostName, `it did not take on its identity (status ${exitCode}): ${complaint}`);
}

function digest(program: Buffer): string {
  return createHash('sha256').update(program).digest('hex');
}
