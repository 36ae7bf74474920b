import { Injectable } from '@nestjs/common';
import { BookReader } from '../../core/database/index.js';
import type { BookVm } from '../../core/database/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { ManyThingsCheck } from '../../host/index.js';
import type { Problem } from '../../host/index.js';
import { VmHands } from './vm-hands.js';
import { VmInspector } from './vm-inspector.js';

/** `ms` given to the thorough look at disks, at most twice in a report: the doctor is quick, a disk takes 30 ms and more */
const DISK_BUDGET_MS = 1_500;
const AT_ONCE = 2;

/** Each VM in the books: its process, its sockets, its files. */
@Injectable()
export class VmsCheck extends ManyThingsCheck {
  readonly id = 'vms';
  readonly title = 'VMs';

  constructor(
    private readonly books: BookReader,
    private readonly inspector: VmInspector,
    private readonly hands: VmHands,
  ) {
    super();
  }

  protected override async look(): Promise<{ looked: string; problems: Problem[] }> {
    const books = await this.books.read();
    if (books.state !== 'readable') return { looked: 'none are known: see the database', problems: [] };
    const { vms } = books.rows;
    const found = await Promise.all(
      vms.map((vm) =>
        this.inspector.inspect(vm, this.hands).catch((error: unknown) => [unseen(vm, error, 'it')]),
      ),
    );
    const whole = vms.filter((_, at) =>
      found[at]?.every((problem) => 'kind' in problem && problem.kind !== 'unusable'),
    );
    const deep = await this.#disks(whole);
    const disks = deep.checked === 1 ? '1 disk' : `${deep.checked} disks`;
    return {
      looked: `${vms.length}, each with its process and files; ${disks} in depth`,
      problems: [...found.flat(), ...deep.problems],
    };
  }

  async #disks(vms: readonly BookVm[]): Promise<{ checked: number; problems: Problem[] }> {
    const signal = AbortSignal.timeout(DISK_BUDGET_MS);
    const resting = vms.filter(
      ({ state }) => state === 'stopped' || state === 'suspended' || state === 'failed',
    );
    const problems: Problem[] = [];
    let checked = 0;
    const worker = async (): Promise<void> => {
      for (let vm = resting.shift(); vm !== undefined && !signal.aborted; vm = resting.shift()) {
        try {
          problems.push(...(await this.inspector.checkDisk(vm, signal)));
          checked += 1;
        } catch (error) {
          if (!signal.aborted) problems.push(unseen(vm, error, 'its disk'));
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return { checked, problems };
  }
}

/** One VM that cannot be looked at hides none of the others. */
function unseen({ name }: BookVm, cause: unknown, what: string): Problem {
  const {
    message,
    why = message,
    fix = 'see the other checks, then ask again',
  } = toBangerError(cause, 'the look');
  return {
    status: 'warn',
    what: `VM ${name}: ${what} could not be looked at: ${message}`,
    why,
    fix,
    repairable: false,
  };
}
