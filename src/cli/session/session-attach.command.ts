import { Option, SubCommand } from 'nest-commander';
import type { SessionAttachGrant } from '../../contract/session.dto.js';
import type { ClientByteChannel } from '../client/rpc.js';
import { BangerCommand } from '../command/banger-command.js';
import { BROKEN_PIPE_EXIT_CODE, exitCodeOfGuest } from '../guest/guest-exit.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { parseKey } from './detach-key.js';
import type { Key } from './detach-key.js';
import { SessionChannel } from './session-channel.js';

interface AttachOptions {
  readOnly?: boolean;
  take?: boolean;
  detachKey?: Key;
}

const DEFAULT_KEY = parseKey('ctrl-]');
/** Whatever the program in there has set: its own screen off, cursor on, colours and mouse off, keys as usual. */
const LEAVE_SCREEN = [
  '\u001b[?1049l\u001b[?25h\u001b[0m\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l',
  '\u001b[?2004l\u001b[?1004l\u001b[?1l\u001b>\r\n',
].join('');

@SubCommand({
  name: 'attach',
  arguments: '<session>',
  description: 'connect this terminal with a session that runs',
})
export class VmSessionAttachCommand extends BangerCommand<AttachOptions> {
  private isDetached = false;

  constructor(
    invocation: Invocation,
    private readonly channel: SessionChannel,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText(
      'after',
      `
Ctrl-] leaves it, and it goes on; so does everything that ends this terminal. Several may be attached: the first types,
the others look on, until one comes with --take. The exit status is the session's if it ends meanwhile.`,
    );
    return this;
  }

  @Option({ flags: '--read-only', description: 'look on, and do not type' })
  parseReadOnly(): boolean {
    return true;
  }

  @Option({ flags: '--take', description: 'type, although another terminal does: that one looks on then' })
  parseTake(): boolean {
    return true;
  }

  @Option({
    flags: '--detach-key <key>',
    description: 'leaves it: ctrl- and a letter or one of @[\\]^_ (default: ctrl-])',
  })
  parseDetachKey(value: string): Key {
    return parseKey(value);
  }

  protected override async execute([session = '']: string[], options: AttachOptions): Promise<void> {
    const key = options.detachKey ?? DEFAULT_KEY;
    const stop = new AbortController();
    const detach = (): void => {
      this.isDetached = true;
      stop.abort();
    };
    const unsubscribe = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], detach);
    void this.terminal.stdoutClosed.then(detach);
    let hasScreen = false;
    this.invocation.guestExitCodes = true;
    try {
      const exit = await this.channel.run<SessionAttachGrant>({
        ask: (client, from) =>
          client.call('session.attach.begin', {
            session,
            ...(this.terminal.stdoutIsTty && { terminal: this.terminal.dimensions() }),
            ...(options.readOnly && { readOnly: true }),
            ...(options.take && { take: true }),
            ...(from !== undefined && { from }),
          }),
        during: (channel, grant) => {
          hasScreen = grant.session.terminal;
          return this.connect(channel, grant, { key, detach, looksOn: options.readOnly === true });
        },
        resumes: true,
        again: `banger vm session attach ${session}`,
        signal: stop.signal,
      });
      if (exit !== undefined) this.invocation.exitCode = exitCodeOfGuest(exit);
      if (this.terminal.stdoutError !== undefined) this.invocation.fail(BROKEN_PIPE_EXIT_CODE);
    } finally {
      unsubscribe();
      this.terminal.setRaw(false);
      if (hasScreen && this.terminal.stdoutIsTty) this.terminal.out(LEAVE_SCREEN);
    }
    this.presenter.note(
      this.isDetached ? `left; it goes on: banger vm session attach ${session}` : 'it has ended',
    );
  }

  /** Keyboard, size and signals, for as long as one channel lasts. */
  private connect(
    channel: ClientByteChannel,
    { session, types }: SessionAttachGrant,
    { key, detach, looksOn }: { key: Key; detach: () => void; looksOn: boolean },
  ): () => void {
    const { terminal } = this;
    if (!types && session.stdin && !looksOn)
      this.presenter.note('another terminal types; this one looks on (--take to type)');
    // The keys go to the session, also those that would end this command: all but one.
    terminal.setRaw(session.terminal && terminal.stdinIsTty);
    channel.stdin.on('error', () => undefined);
    const forward = (bytes: Buffer): void => {
      const at = terminal.stdinIsTty ? bytes.indexOf(key.byte) : -1;
      const typed = at === -1 ? bytes : bytes.subarray(0, at);
      if (types && typed.length > 0 && !channel.stdin.write(typed)) {
        terminal.stdin.pause();
        channel.stdin.once('drain', () => terminal.stdin.resume());
      }
      if (at !== -1) detach();
    };
    terminal.stdin.on('data', forward);
    // after a channel before this one it stands still
    terminal.stdin.resume();
    const stopResize = terminal.onResize((size) => channel.resize(size));
    return () => {
      stopResize();
      terminal.stdin.off('data', forward);
      terminal.stdin.pause();
      // until the next channel Ctrl-C is a signal again
      terminal.setRaw(false);
    };
  }
}
