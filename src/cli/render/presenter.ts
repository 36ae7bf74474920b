import { Injectable } from '@nestjs/common';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { styleFor } from './style.js';
import type { Style } from './style.js';
import { escapeLines } from './text.js';

/** Where a command's words go: results to stdout, as text or as the contract's JSON; remarks to stderr. */
@Injectable()
export class Presenter {
  readonly outStyle: Style;
  readonly errStyle: Style;

  constructor(
    private readonly invocation: Invocation,
    private readonly terminal: Terminal,
  ) {
    const { flags, facts } = invocation;
    this.outStyle = styleFor({ isTty: terminal.stdoutIsTty, noColor: flags.noColor, env: facts.env });
    this.errStyle = styleFor({ isTty: terminal.stderrIsTty, noColor: flags.noColor, env: facts.env });
  }

  get json(): boolean {
    return this.invocation.flags.json;
  }

  /** columns that a table may take; undefined where stdout is no terminal, so that nothing is cut in pipes */
  get tableWidth(): number | undefined {
    return this.terminal.stdoutIsTty ? this.terminal.dimensions().columns : undefined;
  }

  /** columns that a remark may take; undefined where stderr is no terminal */
  get noteWidth(): number | undefined {
    return this.terminal.stderrIsTty ? this.terminal.dimensions().columns : undefined;
  }

  /** The result of the command: the value itself with --json, its rendering otherwise. */
  result(value: unknown, render: () => string): void {
    this.terminal.out(this.json ? `${JSON.stringify(value, null, 2)}\n` : render());
  }

  /** One value of a stream, as JSON on a line of its own. */
  line(value: unknown): void {
    this.terminal.out(`${JSON.stringify(value)}\n`);
  }

  /** A remark for people, on stderr; nothing with --quiet. */
  note(text: string): void {
    if (!this.invocation.flags.quiet) this.terminal.err(`${text}\n`);
  }

  /** A warning, on stderr, even with --quiet. It may name what a guest has named. */
  warn(text: string): void {
    this.terminal.err(`${this.errStyle.yellow('warning:')} ${escapeLines(text)}\n`);
  }
}
