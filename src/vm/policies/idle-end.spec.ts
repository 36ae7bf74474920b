import { describe, expect, it } from 'vitest';
import type { Config } from '../../core/config/index.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import type { VmStopService } from '../lifecycle/stop.service.js';
import type { VmSuspendService } from '../suspend/suspend.service.js';
import { IdleEnd } from './idle-end.js';

async function endOf(idleAction: 'stop' | 'suspend', liveSnapshots: boolean): Promise<string[]> {
  const done: string[] = [];
  const end = new IdleEnd(
    { values: { idleAction } } as unknown as Config,
    { features: { liveSnapshots } } as unknown as Hypervisor,
    {
      stopBecause: async (...what: string[]) => done.push(`stop ${what.join(' ')}`),
    } as unknown as VmStopService,
    {
      suspendBecause: async (...what: string[]) => done.push(`suspend ${what.join(' ')}`),
    } as unknown as VmSuspendService,
  );
  await end.run('vm_1', 'idle for 30m');
  return done;
}

describe('a VM that nobody uses', () => {
  it('is stopped, or suspended, as the configuration says and the hypervisor can', async () => {
    expect(await endOf('stop', true)).toEqual(['stop vm_1 idle idle for 30m']);
    expect(await endOf('suspend', true)).toEqual(['suspend vm_1 idle idle for 30m']);
    expect(await endOf('suspend', false)).toEqual(['stop vm_1 idle idle for 30m']);
  });
});
