import { CommandFactory } from 'nest-commander';
import { BangerError, toBangerError } from '../core/errors/index.js';
import { CliModule } from './cli.module.js';
import { loadCommands } from './command-groups.js';
import { checkFlags } from './invocation.js';
import type { Invocation } from './invocation.js';
import { outputError } from './io/output-error.js';
import type { Terminal } from './io/terminal.js';
import { ReportedFailures } from './render/failure-report.js';
import { Presenter } from './render/presenter.js';
import { RootCommand } from './root-command.js';
import { UsageError } from './usage-error.js';

/** How commander ends a run: by throwing, since its own process.exit is overridden. */
interface CommanderEnd extends Error {
  readonly code: string;
  readonly exitCode: number;
}

/** One run of the CLI; returns the exit status. Everything that goes wrong is reported here, and only here. */
export async function runCli(invocation: Invocation, terminal: Terminal): Promise<number> {
  const presenter = new Presenter(invocation, terminal);
  const failures = new ReportedFailures(invocation, terminal, presenter);
  const onError = (error: unknown): void => {
    const failure = isCommanderEnd(error)
      ? usageFailure(error, invocation)
      : toBangerError(error, 'the command');
    if (failure !== undefined) failures.final(failure);
  };
  try {
    checkFlags(invocation.flags);
    await runCommand(invocation, terminal, onError);
  } catch (error) {
    onError(error);
  }
  await terminal.flush();
  const unwritten = outputError(terminal.stdoutError);
  if (unwritten !== undefined) failures.lostResult(unwritten);
  return invocation.exitCode;
}

async function runCommand(
  invocation: Invocation,
  terminal: Terminal,
  onError: (error: unknown) => void,
): Promise<void> {
  const commands = await loadCommands(invocation.words[0]);
  const app = await CommandFactory.createWithoutRunning(
    CliModule.with(invocation, terminal, [RootCommand, ...commands]),
    {
      logger: false,
      // Nest's default is process.abort() with nothing said
      abortOnError: false,
      errorHandler: (error) => {
        throw error;
      },
      // its default prints the error and leaves the exit status 0
      serviceErrorHandler: onError,
      outputConfiguration: {
        // usage errors are reported as all others are, and not twice
        outputError: () => undefined,
      },
    },
  );
  app.get(RootCommand).setUp();
  // nest-commander parses process.argv; the global flags and what follows `--` are already taken out
  process.argv = [process.execPath, 'banger', ...invocation.words];
  await CommandFactory.runApplication(app);
}

function isCommanderEnd(error: unknown): error is CommanderEnd {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('commander.')
  );
}

/** The failure behind commander's end of the run; undefined when it only printed help or the version. */
function usageFailure(end: CommanderEnd, invocation: Invocation): BangerError | undefined {
  if (end.exitCode === 0) return undefined;
  if (end.code === 'commander.help') return new UsageError('"banger" needs a command');
  const [message = '', ...hints] = end.message.replace(/^error: /, '').split('\n');
  const help = `see: ${end.code === 'commander.unknownCommand' ? 'banger --help' : helpOf(invocation)}`;
  if (end.code === 'commander.excessArguments' && invocation.passthrough === undefined) {
    return new UsageError(message, `put a command for the VM after "--"; ${help}`);
  }
  const hint = hints.join(' ').replace(/^\(|\)$/g, '');
  return new UsageError(message, hint === '' ? help : `${hint.toLowerCase()} ${help}`);
}

/** `banger vm run --help`, from as many words as name commands */
function helpOf(invocation: Invocation): string {
  const end = invocation.words.findIndex((word) => !/^[a-z]+(-[a-z]+)*$/.test(word));
  const words = invocation.words.slice(0, Math.min(2, end < 0 ? 2 : end));
  return ['banger', ...words, '--help'].join(' ');
}
