import { describe, expect, it } from 'vitest';
import type { GuestAgent } from '../hypervisor/hypervisor.js';
import { adoptIdentity, leaveAdopter } from './adopt-identity.js';
import type { WaitingAdopter } from './adopt-identity.js';
import { ADOPTION_PROGRAM } from './identity-adoption.js';

const { signal } = new AbortController();
const NOTHING = Buffer.alloc(0);

/** An agent that notes what it is asked for. */
function agentThat({ exitCode = 0, stderr = NOTHING } = {}) {
  const asked: { what: string; argv?: readonly string[]; pid?: number; bytes: Buffer }[] = [];
  const result = { exitCode, stdout: NOTHING, stderr };
  const agent: Pick<GuestAgent, 'time' | 'start' | 'exec' | 'finish'> = {
    time: async () => Date.now(),
    start: async (argv, options) => {
      asked.push({ what: 'start', argv, bytes: options?.stdin ?? NOTHING });
      return 417;
    },
    exec: async (argv, options) => {
      asked.push({ what: 'exec', argv, bytes: options?.stdin ?? NOTHING });
      return result;
    },
    finish: async (pid, { input }) => {
      asked.push({ what: 'finish', pid, bytes: input });
      return result;
    },
  };
  return { asked, agent: agent as GuestAgent };
}

async function adopt(
  agent: GuestAgent,
  adopter: WaitingAdopter | undefined,
  content = 'web\n',
): Promise<void> {
  const identityFiles = [{ path: 'etc/hostname', content, mode: 0o644 }];
  await adoptIdentity(agent, {
    identityFiles,
    nics: [],
    hostName: 'web',
    adopter,
    signal,
  });
}

async function left(): Promise<WaitingAdopter> {
  return leaveAdopter(agentThat().agent, signal);
}

describe('a guest is told who it is', () => {
  it('by the program that waits in it, which gets the records alone', async () => {
    const { agent, asked } = agentThat();
    await adopt(agent, await left());
    expect(asked).toMatchObject([{ what: 'finish', pid: 417 }]);
    expect(asked[0]?.bytes.toString('latin1')).toMatch(/^directory 0 755 \/etc\n[^]*end 0 0 \n$/);
  });

  it.each([
    ['nothing waits in it', async () => undefined],
    ['the program of another version waits in it', async () => ({ ...(await left()), program: 'other' })],
  ])('by a program of its own where %s', async (_why, adopter) => {
    const { agent, asked } = agentThat();
    await adopt(agent, await adopter());
    expect(asked).toMatchObject([{ what: 'exec', argv: ['perl', '-'] }]);
    expect(asked[0]?.bytes.subarray(0, ADOPTION_PROGRAM.length).equals(ADOPTION_PROGRAM)).toBe(true);
  });

  it('by a program of its own when that is more than the FIFO takes', async () => {
    const { agent, asked } = agentThat();
    await adopt(agent, await left(), 'x'.repeat(1024 * 1024));
    expect(asked).toMatchObject([{ what: 'exec' }]);
  });

  it('and what it complains of is told, on lines that can be shown', async () => {
    const { agent } = agentThat({ exitCode: 1, stderr: Buffer.from('eth0: \u001B[31mgone\n') });
    await expect(adopt(agent, await left())).rejects.toThrow('(status 1): eth0: ?[31mgone');
  });
});

describe('the program that is left in a guest', () => {
  it('is waited for, until it waits itself', async () => {
    const { agent, asked } = agentThat();
    const { pid } = await leaveAdopter(agent, signal);
    expect(pid).toBe(417);
    expect(asked.map(({ what }) => what)).toEqual(['start', 'exec']);
    expect(asked[0]?.bytes).toBe(ADOPTION_PROGRAM);
    expect(asked[1]?.argv?.join(' ')).toContain('until [ -p /run/banger/adoption ]; do kill -0 417');
  });

  it('and has ended instead: no machine is saved with it', async () => {
    await expect(leaveAdopter(agentThat({ exitCode: 1 }).agent, signal)).rejects.toThrow('has ended');
  });
});
