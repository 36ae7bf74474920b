import { toBangerError } from '../../core/errors/index.js';
import type { RpcClient } from '../client/rpc.js';
import type { DaemonConnector } from '../client/daemon-connector.js';
import type { Invocation } from '../invocation.js';
import { ReportedFailures } from '../render/failure-report.js';
import type { Presenter } from '../render/presenter.js';
import { BangerCommand } from './banger-command.js';

/**
 * A command that does the same to each thing it names, one after the other: one that fails stops none of the others,
 * and the first failure decides the exit status. A success prints the thing's name. With --json one thing gives its view, several give an array in which
 * a failure takes the place of the view.
 */
export abstract class EachCommand<
  View extends { name: string },
  Options extends object = object,
> extends BangerCommand<Options> {
  protected constructor(
    invocation: Invocation,
    protected readonly connector: DaemonConnector,
    protected readonly presenter: Presenter,
    private readonly failures: ReportedFailures,
  ) {
    super(invocation);
  }

  protected abstract perform(client: RpcClient, name: string, options: Options): Promise<View>;

  protected override async execute(names: string[], options: Options): Promise<void> {
    await this.connector.with(async (client) => {
      const results: unknown[] = [];
      for (const name of names) results.push(await this.one(client, name, options));
      if (this.presenter.json) this.presenter.result(results.length === 1 ? results[0] : results, () => '');
    });
  }

  private async one(client: RpcClient, name: string, options: Options): Promise<unknown> {
    try {
      const view = await this.perform(client, name, options);
      if (!this.presenter.json) this.presenter.result(view, () => `${view.name}\n`);
      return view;
    } catch (error) {
      return this.failures.report(toBangerError(error, name));
    }
  }
}
