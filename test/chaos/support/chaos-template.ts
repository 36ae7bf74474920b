import { expect } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import type { ChaosHost } from './chaos-host.js';
import type { Subject } from './interrupt.js';
import type { TemplateOutcome } from './template-scenarios.js';

/** `MiB` of the first template; each is of another shape, so that none was there before */
const FIRST_MIB = 192;

/** The template that is made next: whether there is one tells the way in which a VM of its shape starts. */
export class ChaosTemplate implements Subject<TemplateOutcome> {
  #memoryMib = FIRST_MIB;

  constructor(private readonly chaos: ChaosHost) {}

  /** There is none of the shape that the next command asks for. */
  bring(_to: TemplateOutcome): Promise<void> {
    this.#memoryMib += 1;
    return Promise.resolve();
  }

  /** A whole one is used. */
  async outcome(): Promise<TemplateOutcome> {
    const vm = await this.chaos.json<VmView>(['vm', 'create', '--name', 'user', ...this.#shape]);
    const operations = await this.chaos.json<OperationView[]>(['operation', 'list', '--limit', '20']);
    const created = operations.find(({ kind, subject }) => kind === 'vm.create' && subject.id === vm.id);
    const used = await this.chaos.banger(['vm', 'exec', 'user', '--', 'hostname']);
    expect(used, used.stderr).toMatchObject({ exitCode: 0, stdout: 'user\n' });
    expect(await this.chaos.banger(['vm', 'delete', '--force', 'user'])).toMatchObject({ exitCode: 0 });
    return created?.steps.some(({ name }) => name === 'guest.adopt') === true ? 'whole' : 'absent';
  }

  get warmCommand(): readonly string[] {
    return ['image', 'warm', ...this.#shape];
  }

  get #shape(): readonly string[] {
    return ['--memory', `${this.#memoryMib}m`];
  }
}
