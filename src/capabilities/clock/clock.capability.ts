import { toBangerError } from '../../core/errors/index.js';
import { Capability } from '../capability.js';
import type { Guest, HookContext, VmIdentity } from '../capability.js';
import { correctGuestClock, isOff } from './guest-clock.js';

/** The guest's clock agrees with the host's from the start on; afterwards ClockKeeper (src/vm/clock) looks after it. */
export class ClockCapability extends Capability {
  readonly id = 'clock';
  override readonly title = 'setting the clock';

  override async ready(_vm: VmIdentity, guest: Guest, { signal, warn }: HookContext): Promise<void> {
    try {
      const { after } = await correctGuestClock(guest, signal);
      if (isOff(after))
        warn(`the clock of the VM is off by ${Math.round(after.offsetMs)} ms and could not be set`);
    } catch (error) {
      signal.throwIfAborted();
      warn(`the clock of the VM could not be compared: ${toBangerError(error).message}`);
    }
  }
}
