import { Injectable } from '@nestjs/common';
import { BookReader } from '../../core/database/index.js';
import type { BookVm } from '../../core/database/index.js';
import { ManyThingsCheck } from '../../host/index.js';
import { VmHands } from './vm-hands.js';
import { VmInspector } from './vm-inspector.js';
import type { VmProblem } from './vm-problem.js';

/** `ms` given to the thorough look at disks: the doctor is quick, and a disk takes 30 ms and more */
const DISK_BUDGET_MS = 2_500;
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

  protected override async look(): Promise<{ looked: string; problems: VmProblem[] }> {
    const books = await this.books.read();
    if (books.state !== 'readable') return { looked: 'none are known: see the database', problems: [] };
    const { vms } = books.rows;
    const found = await Promise.all(vms.map((vm) => this.inspector.inspect(vm, this.hands)));
    const whole = vms.filter((_, at) => found[at]?.every(({ kind }) => kind !== 'unusable'));
    const deep = await this.#disks(whole);
    const problems = [...found.flat(), ...deep.problems];
    return {
      looked: `${vms.length}, each with its process and files; ${deep.checked} disks in depth`,
      problems,
    };
  }

  async #disks(vms: readonly BookVm[]): Promise<{ checked: number; problems: VmProblem[] }> {
    const signal = AbortSignal.timeout(DISK_BUDGET_MS);
    const resting = vms.filter(({ state }) => state === 'stopped' || state === 'failed');
    const problems: VmProblem[] = [];
    let checked = 0;
    const worker = async (): Promise<void> => {
      for (let vm = resting.shift(); vm !== undefined && !signal.aborted; vm = resting.shift()) {
        try {
          problems.push(...(await this.inspector.checkDisk(vm, signal)));
          checked += 1;
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return { checked, problems };
  }
}
