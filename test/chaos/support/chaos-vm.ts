import { expect } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import type { CommandResult } from '../../support/test-host.js';
import type { ChaosHost } from './chaos-host.js';
import { checkFileSystems } from './file-systems.js';
import type { Subject } from './interrupt.js';

/** `kept`: it runs, and has a snapshot of an earlier moment */
export type VmOutcome = 'absent' | 'running' | 'stopped' | 'suspended' | 'kept';

/** `ms`: a guest that had been told to power off before its daemon died is still on its way down */
const USABLE_LIMIT_MS = 60_000;

/** Each snapshot and fork leaves a file more below the disk: with a hundred of them qemu-img reads it for 80 s. */
const MAX_MARKS = 20;

/** Name of the snapshot of one that is `kept`. */
export const SNAPSHOT = 'base';

/** Prints the mark and the size of the root disk in MiB. */
const LOOK = `root=$(grep -lx bgr-root /sys/block/vd*/serial)
echo "$(cat /root/mark 2>/dev/null || echo 0) $(($(cat "\${root%serial}size") / 2048))"`;

/** The one VM of a chaos run: brought to where an operation begins, and looked at after a fault. */
export class ChaosVm implements Subject<VmOutcome> {
  /** what was last written in the guest and acknowledged; 0 in a new VM */
  #mark = 0;
  /** what had been when its snapshot was made */
  #keptMark: number | undefined;

  constructor(
    private readonly chaos: ChaosHost,
    readonly name: string,
    readonly createCommand: readonly string[],
  ) {}

  async view(): Promise<VmView | undefined> {
    const vms = await this.chaos.json<VmView[]>(['vm', 'list']);
    return vms.find(({ name }) => name === this.name);
  }

  async bring(to: VmOutcome): Promise<void> {
    await this.#deleteOthers();
    let vm = await this.view();
    if (to === 'absent' || this.#mark >= MAX_MARKS) {
      if (vm !== undefined) await this.#succeed(['vm', 'delete', '--force', this.name]);
      this.#keptMark = undefined;
      vm = undefined;
    }
    if (to === 'absent') return;
    if (vm === undefined) {
      this.#mark = 0;
      await this.#succeed(this.createCommand);
    } else if (vm.state !== 'running') {
      if (to === vm.state) return;
      await this.#succeed(['vm', 'start', this.name]);
      const read = await this.#read();
      if (!this.#hasMark(read.stdout, vm))
        expect(read, 'what was acknowledged before').toMatchObject({ stdout: this.#inGuest(vm) });
    }
    await this.#leaveMark();
    if (to === 'suspended') await this.#succeed(['vm', 'suspend', this.name]);
    if (to === 'kept') await this.#keep();
    if (to === 'stopped') await this.#succeed(['vm', 'stop', this.name]);
  }

  /**
   * One that runs has all that was acknowledged; the file systems of one that does not are sound. Whether it starts
   * shows when it is next brought to run.
   */
  async outcome(): Promise<VmOutcome> {
    await this.#deleteOthers();
    const deadline = Date.now() + USABLE_LIMIT_MS;
    for (;;) {
      const vm = await this.view();
      if (vm === undefined) {
        this.#mark = 0;
        return 'absent';
      }
      if (vm.state === 'suspended') return 'suspended';
      if (vm.state !== 'running') {
        expect(await checkFileSystems(this.chaos.host, vm.id)).toMatchObject({ damage: [] });
        return 'stopped';
      }
      const read = await this.#read();
      if (this.#hasMark(read.stdout, vm)) return 'running';
      const problem = `the VM runs and cannot be used: ${read.stdout}${read.stderr}`;
      expect(Date.now(), problem).toBeLessThan(deadline);
    }
  }

  async #leaveMark(): Promise<void> {
    this.#mark += 1;
    await this.#succeed(['vm', 'exec', this.name, '--', 'sh', '-c', `echo ${this.#mark} > /root/mark; sync`]);
  }

  #read(): Promise<CommandResult> {
    return this.chaos.banger(['vm', 'exec', this.name, '--', 'sh', '-c', LOOK]);
  }

  /** What {@link LOOK} prints in a guest that has all that was acknowledged, and the disk that its row says. */
  #inGuest({ diskMib }: VmView, mark = this.#mark): string {
    return `${mark} ${diskMib}\n`;
  }

  /** What was acknowledged last, or, of one that has gone back to its snapshot, what had been by then. */
  #hasMark(read: string, vm: VmView): boolean {
    const mark = [this.#mark, this.#keptMark].find(
      (one) => one !== undefined && read === this.#inGuest(vm, one),
    );
    if (mark !== undefined) this.#mark = mark;
    return mark !== undefined;
  }

  /** A snapshot of what it is now, and a later mark. */
  async #keep(): Promise<void> {
    await this.chaos.banger(['vm', 'snapshot', 'delete', this.name, SNAPSHOT]);
    await this.#succeed(['vm', 'snapshot', 'create', this.name, SNAPSHOT]);
    this.#keptMark = this.#mark;
    await this.#leaveMark();
  }

  /** VMs that began as this one: whole, or not there. */
  async #deleteOthers(): Promise<void> {
    const vms = await this.chaos.json<VmView[]>(['vm', 'list']);
    for (const { name, state } of vms.filter((vm) => vm.name !== this.name)) {
      expect(['running', 'suspended']).toContain(state);
      const used = await this.chaos.banger(['vm', 'exec', name, '--', 'hostname']);
      expect(used, used.stderr).toMatchObject({ exitCode: 0, stdout: `${name}\n` });
      await this.#succeed(['vm', 'delete', '--force', name]);
    }
  }

  async #succeed(args: readonly string[]): Promise<void> {
    const result = await this.chaos.banger(args);
    expect(result, `banger ${args.join(' ')}: ${result.stderr}`).toMatchObject({ exitCode: 0 });
  }
}
