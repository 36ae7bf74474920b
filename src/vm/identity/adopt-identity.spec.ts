import { describe, expect, it } from 'vitest';
import type { GuestAgent } from '../hypervisor/guest-channels.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { adoptIdentity, leaveAdopter } from './adopt-identity.js';
import { ADOPTION_PROGRAM } from './identity-adoption.js';

const { signal } = new AbortController();
const NOTHING = Buffer.alloc(0);

/** A machine that notes what its guest is asked for. */
function machineThat({ exitCode = 0, stderr = NOTHING, answer = 'done' } = {}) {
  const asked: { what: string; argv?: readonly string[]; bytes: Buffer }[] = [];
  const agent: Pick<GuestAgent, 'time' | 'exec'> = {
    time: async () => Date.now(),
    exec: async (argv, options) => {
      asked.push({ what: 'exec', argv, bytes: options?.stdin ?? NOTHING });
      return { exitCode, stdout: NOTHING, stderr };
    },
  };
  const tell: Machine['tell'] = async (input) => {
    asked.push({ what: 'tell', bytes: input });
    return answer;
  };
  return { asked, agent: agent as GuestAgent, tell };
}

async function adopt(machine: Pick<Machine, 'agent' | 'tell'>, adopter: string | undefined): Promise<void> {
  const identityFiles = [{ path: 'etc/hostname', content: 'web\n', mode: 0o644 }];
  await adoptIdentity(machine, { identityFiles, nics: [], hostName: 'web', adopter, signal });
}

async function left(): Promise<string> {
  return leaveAdopter(machineThat().agent, signal);
}

describe('a guest is told who it is', () => {
  it('by the program that waits in it, which gets the records alone', async () => {
    const machine = machineThat();
    await adopt(machine, await left());
    expect(machine.asked).toMatchObject([{ what: 'tell' }]);
    expect(machine.asked[0]?.bytes.toString('latin1')).toMatch(/^directory 0 755 \/etc\n[^]*end 0 0 \n$/);
  });

  it.each([
    ['nothing waits in it', undefined],
    ['the program of another version waits in it', 'other'],
  ])('by a program of its own where %s', async (_why, adopter) => {
    const machine = machineThat();
    await adopt(machine, adopter);
    expect(machine.asked).toMatchObject([{ what: 'exec', argv: ['perl', '-'] }]);
    const { bytes = NOTHING } = machine.asked[0] ?? {};
    expect(bytes.subarray(0, ADOPTION_PROGRAM.length).equals(ADOPTION_PROGRAM)).toBe(true);
  });

  it('and what it complains of is told, on lines that can be shown', async () => {
    const waiting = machineThat({ answer: 'eth0: \u001B[31mgone' });
    await expect(adopt(waiting, await left())).rejects.toThrow('its identity: eth0: ?[31mgone');
    const started = machineThat({ exitCode: 1, stderr: Buffer.from('eth0: \u001B[31mgone\n') });
    await expect(adopt(started, undefined)).rejects.toThrow('its identity: status 1, eth0: ?[31mgone');
  });
});

describe('the program that is left in a guest', () => {
  it('is told where to wait', async () => {
    const { agent, asked } = machineThat();
    await leaveAdopter(agent, signal);
    expect(asked).toEqual([{ what: 'exec', argv: ['perl', '-', 'banger.tell.0'], bytes: ADOPTION_PROGRAM }]);
  });

  it('and has ended instead: no machine is saved with it', async () => {
    const { agent } = machineThat({ exitCode: 1, stderr: Buffer.from('port banger.tell.0: gone') });
    await expect(leaveAdopter(agent, signal)).rejects.toThrow('has ended: port banger.tell.0: gone');
  });
});
