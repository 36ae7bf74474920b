import type { ChaosHost } from './chaos-host.js';
import type { Subject } from './interrupt.js';
import type { MadeOutcome } from './making-scenarios.js';

/** What one command makes, under a name of its own. */
export abstract class Made<View extends { readonly name: string }> implements Subject<MadeOutcome> {
  constructor(
    protected readonly chaos: ChaosHost,
    private readonly noun: 'image' | 'kernel',
    protected readonly name: string,
    readonly command: readonly string[],
  ) {}

  async bring(to: MadeOutcome): Promise<void> {
    const isThere = (await this.#find()) !== undefined;
    if (to === 'absent' && isThere) await this.chaos.succeed([this.noun, 'delete', this.name]);
    if (to === 'whole' && !isThere) await this.chaos.succeed(this.command);
  }

  async outcome(): Promise<MadeOutcome> {
    const found = await this.#find();
    if (found === undefined) return 'absent';
    await this.check(found);
    return 'whole';
  }

  /** Throws when what is there cannot be used. */
  protected abstract check(view: View): Promise<void>;

  async #find(): Promise<View | undefined> {
    return (await this.chaos.json<View[]>([this.noun, 'list'])).find(({ name }) => name === this.name);
  }
}
