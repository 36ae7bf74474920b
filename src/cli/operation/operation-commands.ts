import { Command, Option, SubCommand } from 'nest-commander';
import type { OperationState, OperationView } from '../../contract/operation.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { GroupCommand } from '../command/group-command.js';
import { parseCount } from '../command/parse.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderFacts, renderTable } from '../render/table.js';
import { escapeControls, formatAge, formatDuration } from '../render/text.js';
import { UsageError } from '../usage-error.js';
import { OperationFollower } from './operation-follower.js';
import { elapsedMs, percentOf } from './steps-view.js';

/** the contract's list as keys, so that a state added there must be added here: its value would drag class-validator in */
const STATES: Readonly<Record<OperationState, true>> = {
  running: true,
  succeeded: true,
  failed: true,
  cancelled: true,
};

interface OperationListOptions {
  state?: OperationState;
  limit?: number;
}

@SubCommand({ name: 'list', aliases: ['ls'], description: 'list operations, newest first' })
export class OperationListCommand extends BangerCommand<OperationListOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--state <state>', description: `only those that are: ${Object.keys(STATES).join(', ')}` })
  parseState(value: string): OperationState {
    if (!Object.hasOwn(STATES, value)) {
      throw new UsageError(`--state ${JSON.stringify(value)} is none of ${Object.keys(STATES).join(', ')}`);
    }
    return value as OperationState;
  }

  @Option({ flags: '--limit <count>', description: 'at most this many (default: 50)' })
  parseLimit(value: string): number {
    return parseCount('--limit', value);
  }

  protected override async execute(_: string[], options: OperationListOptions): Promise<void> {
    const params = {
      ...(options.state !== undefined && { state: options.state }),
      ...(options.limit !== undefined && { limit: options.limit }),
    };
    const operations = await this.connector.with((client) => client.call('operation.list', params));
    if (operations.length === 0 && !this.presenter.json) this.presenter.note('no operations');
    this.presenter.result(operations, () => (operations.length === 0 ? '' : this.render(operations)));
  }

  private render(operations: readonly OperationView[]): string {
    const columns = [
      { title: 'ID' },
      { title: 'KIND' },
      { title: 'SUBJECT', shrinkTo: 8 },
      { title: 'STATE' },
      { title: 'AGE', align: 'right' as const },
      { title: 'TOOK', align: 'right' as const },
      { title: 'LAST STEP', shrinkTo: 9 },
    ];
    const now = Date.now();
    const rows = operations.map((operation) => [
      operation.id,
      operation.kind,
      operation.subject.name,
      operation.state,
      formatAge(now - Date.parse(operation.createdAt)),
      formatDuration(tookMs(operation, now)),
      lastStep(operation),
    ]);
    const safe = rows.map((row) => row.map(escapeControls));
    const { outStyle, tableWidth } = this.presenter;
    return renderTable(columns, safe, tableWidth, { header: outStyle.bold });
  }
}

@SubCommand({ name: 'show', arguments: '<operation>', description: 'one operation with its steps' })
export class OperationShowCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([id = '']: string[]): Promise<void> {
    const operation = await this.connector.with((client) => client.call('operation.get', { operation: id }));
    this.presenter.result(operation, () => renderOperation(operation));
  }
}

@SubCommand({
  name: 'watch',
  arguments: '<operation>',
  description: 'follow an operation to its end; with --json one event on each line',
})
export class OperationWatchCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([id = '']: string[]): Promise<void> {
    const operation = await this.connector.with((client) =>
      this.follower.watch(
        client,
        id,
        this.presenter.json ? (event) => this.presenter.line(event) : undefined,
      ),
    );
    if (this.presenter.json) this.presenter.line({ snapshot: operation });
    this.follower.check(operation);
    if (!this.presenter.json) this.presenter.result(operation, () => renderOutcome(operation));
  }
}

@SubCommand({
  name: 'cancel',
  arguments: '<operation>',
  description: 'cancel an operation and wait until it is undone',
})
export class OperationCancelCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([id = '']: string[]): Promise<void> {
    const operation = await this.connector.with((client) =>
      client.call('operation.cancel', { operation: id }),
    );
    this.presenter.result(operation, () => renderOutcome(operation));
  }
}

export const OPERATION_COMMANDS = [
  OperationListCommand,
  OperationShowCommand,
  OperationWatchCommand,
  OperationCancelCommand,
];

@Command({
  name: 'operation',
  description: 'long work: watch, cancel, look back',
  subCommands: OPERATION_COMMANDS,
})
export class OperationGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}

/** The step under way, how far it is and how long it has been at it; of an ended operation the last one. */
function lastStep({ state, steps }: OperationView): string {
  const running = state === 'running' ? steps.findLast((step) => step.state === 'running') : undefined;
  if (running === undefined) return steps.at(-1)?.title ?? '-';
  return `${running.title}${percentOf(running)} (${formatDuration(elapsedMs(running, Date.now()))})`;
}

/** How it ended; of what did not succeed also what was undone. */
function renderOutcome(operation: OperationView): string {
  const { kind, subject, state, steps } = operation;
  const undone = steps.findLast((step) => step.name === ROLLBACK_STEP)?.detail;
  const lines = [`${kind} ${subject.name}: ${state}`, ...(undone === undefined ? [] : [`undone: ${undone}`])];
  return lines.map((line) => `${escapeControls(line)}\n`).join('');
}

/** name of the step in which the daemon undoes what an operation did; its detail lists what */
const ROLLBACK_STEP = 'rollback';

function tookMs(operation: OperationView, now: number): number {
  return (
    (operation.finishedAt === undefined ? now : Date.parse(operation.finishedAt)) -
    Date.parse(operation.createdAt)
  );
}

function renderOperation(operation: OperationView): string {
  const now = Date.now();
  const facts: [string, string | undefined][] = [
    ['id', operation.id],
    ['kind', operation.kind],
    ['subject', `${operation.subject.type} ${operation.subject.name}`],
    ['state', operation.state],
    ['error', operation.error?.message],
    ['why', operation.error?.data.why],
    ['fix', operation.error?.data.fix],
    ['created', operation.createdAt],
    ['took', formatDuration(tookMs(operation, now))],
    ['ref', operation.ref],
    ...operation.warnings.map((warning): [string, string] => ['warning', warning]),
  ];
  const safe = facts.map(([name, value]): [string, string | undefined] => [
    name,
    value === undefined ? undefined : escapeControls(value),
  ]);
  const rows = operation.steps.map((step) =>
    [
      step.title,
      step.state === 'running' ? `running${percentOf(step)}` : step.state,
      formatDuration(elapsedMs(step, now)),
      step.detail ?? '',
    ].map(escapeControls),
  );
  const columns = [
    { title: 'STEP' },
    { title: 'STATE' },
    { title: 'TOOK', align: 'right' as const },
    { title: 'DETAIL' },
  ];
  return `${renderFacts(safe)}\n${renderTable(columns, rows, undefined)}`;
}
