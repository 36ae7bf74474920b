import { Injectable } from '@nestjs/common';
import type { DoctorCheckView, DoctorReport } from '../../contract/system.dto.js';
import { BangerError } from '../../core/errors/index.js';
import { Invocation } from '../invocation.js';
import { Program } from '../io/program.js';
import { Terminal } from '../io/terminal.js';
import { MissingProgramError } from '../io/missing-program-error.js';
import { UsageError } from '../usage-error.js';
import { QuickstartSteps, STEP_INDENT } from './quickstart-steps.js';

/** Debian packages that failed checks ask for, with the reasons. */
export function packagesMissing(report: DoctorReport): Map<string, string[]> {
  const missing = new Map<string, string[]>();
  for (const check of report.checks.filter((one) => one.status === 'fail')) {
    for (const name of check.packages ?? []) missing.set(name, [...(missing.get(name) ?? []), reason(check)]);
  }
  return missing;
}

function reason(check: DoctorCheckView): string {
  return `${check.title}: ${check.detail}`;
}

/** Installs Debian packages, after saying which and why, and being told to. */
@Injectable()
export class PackageInstaller {
  constructor(
    private readonly invocation: Invocation,
    private readonly terminal: Terminal,
    private readonly program: Program,
    private readonly steps: QuickstartSteps,
  ) {}

  /** @throws UsageError without an answer or with a no; BangerError PROCESS_FAILED, HOST_BINARY_MISSING */
  async install(missing: ReadonlyMap<string, readonly string[]>, yes: boolean): Promise<void> {
    this.steps.say('banger needs these Debian packages:');
    for (const [name, reasons] of missing) this.steps.say(`  ${name}  (${reasons.join('; ')})`);
    const names = [...missing.keys()];
    if (!yes) await this.ask(names);
    const prefix = this.privilege(names);
    if (prefix.length > 0) await this.run([...prefix, '-v'], 'sudo');
    const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q'];
    await this.run([...apt, 'update'], 'apt-get update');
    await this.run([...apt, 'install', '-y', '--no-install-recommends', ...names], 'apt-get install');
  }

  private async ask(names: readonly string[]): Promise<void> {
    const command = manual(names);
    if (!this.terminal.stdinIsTty || !this.terminal.stderrIsTty) {
      throw new UsageError(
        'packages must be installed, and there is no terminal to ask on',
        `pass --yes, or run: ${command}`,
      );
    }
    const answer = await this.terminal.readLine(`${STEP_INDENT}Install them now with apt-get? [y/N] `);
    if (!/^y(es)?$/i.test(answer?.trim() ?? ''))
      throw new UsageError('nothing was installed', `install them yourself: ${command}`);
  }

  private privilege(names: readonly string[]): string[] {
    if (this.program.find('apt-get') === undefined) throw new MissingProgramError('apt-get');
    if (this.invocation.facts.uid === 0) return [];
    if (this.program.find('sudo') !== undefined) return ['sudo'];
    throw new BangerError(
      'PERMISSION_DENIED',
      'packages can be installed by root only, and there is no sudo',
      {
        details: { path: 'apt-get', action: 'run' },
        fix: `as root, run: ${manual(names)}`,
      },
    );
  }

  private async run([file = '', ...args]: string[], what: string): Promise<void> {
    this.steps.say(`running: ${[file, ...args].join(' ')}`);
    const { exitCode, tail } = await this.program.runKeepingTail(file, args);
    if (exitCode === 0) return;
    throw new BangerError('PROCESS_FAILED', `${what} failed`, {
      details: { file, args, exitCode, signal: null, stderrTail: tail },
      why: `it ended with status ${exitCode}`,
      fix: 'see what it says above; check the network and /etc/apt/sources.list, then run quickstart again',
    });
  }
}

function manual(names: readonly string[]): string {
  return `apt-get update && apt-get install --no-install-recommends ${names.join(' ')}`;
}
