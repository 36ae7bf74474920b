import type { VmSettings } from '../../contract/index.js';
import type { Vm } from '../vm.types.js';

type Life = Pick<Vm, 'ttlSeconds' | 'expiresAt' | 'idleStopSeconds' | 'restartPolicy'>;

/** How long a new VM lives and what happens to it by itself. Its time to live counts from `now`; 0 is never. */
export function lifeOf(settings: VmSettings, now: Date): Life {
  const ttlSeconds = settings.ttlSeconds || undefined;
  return {
    ttlSeconds,
    expiresAt: ttlSeconds === undefined ? undefined : new Date(now.getTime() + ttlSeconds * 1000),
    idleStopSeconds: settings.idleStopSeconds || undefined,
    restartPolicy: settings.restartPolicy ?? 'no',
  };
}
