import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { MachineDraft } from '../../capabilities/index.js';
import { TELL_PORT } from '../hypervisor/guest-channels.js';
import type { GuestAgent } from '../hypervisor/guest-channels.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { GuestAgentError } from '../hypervisor/hypervisor.errors.js';
import { ADOPTED, ADOPTION_PROGRAM, adoptionRecords } from './identity-adoption.js';

const ENTROPY_BYTES = 512;
const TIMEOUT_MS = 60_000;
const MAX_COMPLAINT = 300;

/**
 * Leaves the program in a guest that is about to be saved: started, read and compiled, which is most of what it takes under
 * emulation. It is there once, for the first identity.
 * @returns digest of the program: another version of banger has other records for it
 * @throws GuestAgentError, TimeoutError
 */
export async function leaveAdopter(agent: GuestAgent, signal: AbortSignal): Promise<string> {
  const options = { stdin: ADOPTION_PROGRAM, timeoutMs: TIMEOUT_MS, signal };
  const { exitCode, stderr } = await agent.exec(['perl', '-', TELL_PORT], options);
  if (exitCode === 0) return digest(ADOPTION_PROGRAM);
  throw new GuestAgentError(
    'template',
    `the program that gives it its identity has ended: ${complaint(stderr)}`,
  );
}

/**
 * Makes a guest that goes on from a saved machine another machine, before its network is up: clock, random numbers,
 * files, name, address. Not repeatable: the offset of its clock is the one of now. @throws GuestAgentError, TimeoutError
 */
export async function adoptIdentity(
  machine: Pick<Machine, 'agent' | 'tell'>,
  identity: Pick<MachineDraft, 'identityFiles' | 'nics' | 'network'> & {
    readonly hostName: string;
    /** digest of the program that waits in this guest */
    readonly adopter?: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { agent } = machine;
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
  const fail = (why: string): never => {
    throw new GuestAgentError(hostName, `it did not take on its identity: ${complaint(why)}`);
  };
  if (adopter === digest(ADOPTION_PROGRAM)) {
    const answer = await machine.tell(records, limits);
    if (answer !== ADOPTED) fail(answer);
    return;
  }
  const stdin = Buffer.concat([ADOPTION_PROGRAM, records]);
  const { exitCode, stderr } = await agent.exec(['perl', '-'], { ...limits, stdin });
  if (exitCode !== 0) fail(`status ${exitCode}, ${stderr.toString('utf8', 0, MAX_COMPLAINT)}`);
}

/** Can be shown. */
function complaint(text: string | Buffer): string {
  return text
    .toString()
    .slice(0, MAX_COMPLAINT)
    .replaceAll(/[^\P{C}\n]/gu, '?')
    .trim();
}

function digest(program: Buffer): string {
  return createHash('sha256').update(program).digest('hex');
}
