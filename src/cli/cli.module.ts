import type { DynamicModule, Provider } from '@nestjs/common';
import { Config, loadConfig, UnusableConfig } from '../core/config/index.js';
import { DaemonConnector } from './client/daemon-connector.js';
import { DaemonProcess } from './client/daemon-process.js';
import { DaemonProcessAdapter } from './client/daemon-process.adapter.js';
import { Invocation } from './invocation.js';
import { Terminal } from './io/terminal.js';
import { ReportedFailures } from './render/failure-report.js';
import { Presenter } from './render/presenter.js';

/** Root module of one run: what every command needs, and the commands that this run can reach. */
export class CliModule {
  static with(invocation: Invocation, terminal: Terminal, commands: Provider[]): DynamicModule {
    return {
      module: CliModule,
      providers: [
        { provide: Invocation, useValue: invocation },
        { provide: Terminal, useValue: terminal },
        { provide: Config, useFactory: () => configFor(invocation) },
        { provide: DaemonProcess, useFactory: () => new DaemonProcessAdapter(invocation.facts) },
        Presenter,
        ReportedFailures,
        DaemonConnector,
        ...commands,
      ],
    };
  }
}

/** One that cannot be read fails the commands that use it, and no other: help still helps. */
async function configFor(invocation: Invocation): Promise<Config> {
  try {
    return await loadConfig({ ...invocation.facts.env });
  } catch (error) {
    return new UnusableConfig(error);
  }
}
