import { Inject } from '@nestjs/common';
import type { DaemonConnector } from '../client/daemon-connector.js';
import type { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import type { FollowedClient } from '../operation/operation-follower.js';
import type { ReportedFailures } from '../render/failure-report.js';
import type { Presenter } from '../render/presenter.js';
import { BangerCommand } from './banger-command.js';

/**
 * A command that does the same to each thing it names, some of them side by side: one that fails stops none of the
 * others, and the gravest failure, that with the highest exit status, decides how the command ends. A success prints
 * the thing's name. With --json one thing gives its view, several give an array in which a failure takes the place of
 * the view.
 */
export abstract class EachCommand<
  View extends { name: string },
  Options extends object = object,
> extends BangerCommand<Options> {
  /** By property, so that each command need not hand it through its constructor. */
  @Inject(OperationFollower) private readonly follower!: OperationFollower;

  protected constructor(
    invocation: Invocation,
    protected readonly connector: DaemonConnector,
    protected readonly presenter: Presenter,
    private readonly failures: ReportedFailures,
  ) {
    super(invocation);
  }

  protected abstract perform(client: FollowedClient, name: string, options: Options): Promise<View>;

  /** What a success prints. */
  protected render(view: View): string {
    return `${view.name}\n`;
  }

  protected override async execute(names: string[], options: Options): Promise<void> {
    const outcomes = await this.connector.with((client) =>
      this.follower.each(client, [...new Set(names)], (followed, name) =>
        this.perform(followed, name, options),
      ),
    );
    const results = outcomes.map((outcome) => {
      if ('error' in outcome) return this.failures.reportOneOfSeveral(outcome.error);
      const { value } = outcome;
      if (!this.presenter.json) this.presenter.result(value, () => this.render(value));
      return value;
    });
    if (this.presenter.json) this.presenter.result(results.length === 1 ? results[0] : results, () => '');
  }
}
