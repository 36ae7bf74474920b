import { SubCommand } from 'nest-commander';
import type { ConfigSettingView, ConfigView } from '../../contract/system.dto.js';
import { Config, describeConfig } from '../../core/config/index.js';
import { isKind } from '../../core/errors/index.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderTable } from '../render/table.js';

/** What the running daemon has otherwise than this command would. */
interface DaemonConfig {
  readonly file: string;
  readonly differences: readonly { readonly key: string; readonly value: string | null }[];
}

@SubCommand({
  name: 'show',
  description: 'the values in force, and where each comes from; needs no daemon',
})
export class ConfigShowCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly config: Config,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const view = describeConfig(this.config);
    const daemon = await this.ofDaemon(view);
    this.presenter.result(Object.assign(view, { daemon }), () => this.render(view));
    if (daemon !== null && daemon.differences.length > 0) this.tellDifferences(daemon);
  }

  private render({ file, fileExists, settings }: ConfigView): string {
    const { outStyle, tableWidth } = this.presenter;
    const rows = settings.map((setting) => [setting.key, setting.value ?? '-', sourceOf(setting, file)]);
    const columns = [{ title: 'KEY' }, { title: 'VALUE', shrinkTo: 20 }, { title: 'FROM', shrinkTo: 20 }];
    const about = fileExists ? file : `${file} (there is none)`;
    return `${outStyle.bold('file:')} ${about}\n\n${renderTable(columns, rows, tableWidth)}`;
  }

  private tellDifferences({ differences }: DaemonConfig): void {
    const list = differences.map(({ key, value }) => `${key} = ${value ?? '(none)'}`).join(', ');
    this.presenter.warn(
      `the running daemon was started with another configuration: ${list}; restart it to apply this one: banger daemon stop (VMs go on)`,
    );
  }

  /** null when no daemon can be asked: the configuration is told all the same. */
  private async ofDaemon(own: ConfigView): Promise<DaemonConfig | null> {
    try {
      const client = await this.connector.connectIfRunning();
      if (client === undefined) return null;
      try {
        const theirs = await client.call('system.config', {});
        return { file: theirs.file, differences: differencesOf(own, theirs) };
      } finally {
        await client.close();
      }
    } catch (error) {
      if (isKind(error, 'METHOD_NOT_FOUND')) this.presenter.note('the running daemon is of another version');
      else this.presenter.note('the running daemon could not be asked for its configuration');
      return null;
    }
  }
}

function differencesOf(own: ConfigView, theirs: ConfigView): DaemonConfig['differences'] {
  const here = new Map(own.settings.map(({ key, value }) => [key, value]));
  return theirs.settings
    .filter(({ key, value }) => here.get(key) !== value)
    .map(({ key, value }) => ({ key, value: value ?? null }));
}

function sourceOf({ source, line, variable }: ConfigSettingView, file: string): string {
  if (source === 'environment') return variable ?? 'the environment';
  if (source === 'file') return line === undefined ? file : `${file}:${line}`;
  return 'default';
}
