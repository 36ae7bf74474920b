import { Option, SubCommand } from 'nest-commander';
import { OUTPUT_STREAMS } from '../../contract/names.js';
import type { OutputStream } from '../../contract/names.js';
import { BangerCommand } from '../command/banger-command.js';
import { parseCount, parseSpan } from '../command/parse.js';
import { BROKEN_PIPE_EXIT_CODE } from '../guest/guest-exit.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { UsageError } from '../usage-error.js';
import { SessionChannel } from './session-channel.js';

interface LogsOptions {
  follow?: boolean;
  tail?: number;
  since?: string;
  stream?: OutputStream;
  timestamps?: boolean;
}

@SubCommand({
  name: 'logs',
  arguments: '<session>',
  description: 'what a session has written; also when it has ended, or its VM is down',
})
export class VmSessionLogsCommand extends BangerCommand<LogsOptions> {
  constructor(
    invocation: Invocation,
    private readonly channel: SessionChannel,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  @Option({ flags: '-f, --follow', description: 'go on with what comes, until it ends or Ctrl-C' })
  parseFollow(): boolean {
    return true;
  }

  @Option({ flags: '-n, --tail <lines>', description: 'begin with the last so many lines (default: all)' })
  parseTail(value: string): number {
    return parseCount('--tail', value);
  }

  @Option({
    flags: '--since <when>',
    description: 'what was written since then: 10m (ago), or 2026-01-31T12:00:00Z',
  })
  parseSince(value: string): string {
    if (/^\d{4}-/.test(value) && !Number.isNaN(Date.parse(value))) return new Date(value).toISOString();
    return new Date(Date.now() - parseSpan('--since', value) * 1000).toISOString();
  }

  @Option({ flags: '--stream <stream>', description: 'one of the two alone: stdout or stderr' })
  parseStream(value: string): OutputStream {
    const known = OUTPUT_STREAMS.find((one) => one === value);
    if (known !== undefined) return known;
    throw new UsageError(`--stream ${JSON.stringify(value)} is none`, 'write stdout or stderr');
  }

  @Option({ flags: '--timestamps', description: 'when it was written, before each line' })
  parseTimestamps(): boolean {
    return true;
  }

  protected override async execute([session = '']: string[], options: LogsOptions): Promise<void> {
    const { follow, tail, since, stream, timestamps } = options;
    if (tail !== undefined && since !== undefined)
      throw new UsageError('--tail and --since cannot be given together', 'leave one of them out');
    const params = {
      session,
      ...(follow && { follow }),
      ...(stream !== undefined && { stream }),
      ...(timestamps && { timestamps }),
    };
    const begin = { ...(tail !== undefined && { tail }), ...(since !== undefined && { since }) };
    const stop = new AbortController();
    const unsubscribe = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => stop.abort());
    void this.terminal.stdoutClosed.then(() => stop.abort());
    try {
      await this.channel.run({
        ask: (client, from) =>
          client.call('session.logs', { ...params, ...(from === undefined ? begin : { from }) }),
        // where it was among lines with times is not known
        resumes: timestamps !== true,
        again: `banger vm session logs --follow --since 1m ${session}`,
        signal: stop.signal,
      });
      if (this.terminal.stdoutError !== undefined) this.invocation.fail(BROKEN_PIPE_EXIT_CODE);
    } finally {
      unsubscribe();
    }
  }
}
