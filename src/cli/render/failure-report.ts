import { Injectable } from '@nestjs/common';
import type { BangerError } from '../../core/errors/index.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { exitCodeFor, failureJson, renderFailure } from './failure.js';
import { Presenter } from './presenter.js';

/** Failures on their way to the user: text on stderr, or JSON for stdout; and the exit status that they mean. */
@Injectable()
export class ReportedFailures {
  constructor(
    private readonly invocation: Invocation,
    private readonly terminal: Terminal,
    private readonly presenter: Presenter,
  ) {}

  /** Reports a failure that does not end the command; returns what --json puts in the result's place. */
  report(error: BangerError): { error: object } {
    this.invocation.fail(exitCodeFor(error, this.invocation.guestExitCodes));
    if (!this.presenter.json) {
      this.terminal.err(renderFailure(error, this.presenter.errStyle, this.invocation.flags.verbose));
    }
    return failureJson(error);
  }

  /** Reports one of several failures: the gravest of them decides the exit status. */
  reportOneOfSeveral(error: BangerError): { error: object } {
    const graver = Math.max(this.invocation.exitCode, exitCodeFor(error, this.invocation.guestExitCodes));
    const json = this.report(error);
    this.invocation.exitCode = graver;
    return json;
  }

  /** Reports that the result itself was lost: as text, as JSON would go the same way. */
  lostResult(error: BangerError): void {
    this.invocation.exitCode = exitCodeFor(error, this.invocation.guestExitCodes);
    this.terminal.err(renderFailure(error, this.presenter.errStyle, this.invocation.flags.verbose));
  }

  /** Reports the failure that ends the command. */
  final(error: BangerError): void {
    const json = this.report(error);
    this.invocation.exitCode = exitCodeFor(error, this.invocation.guestExitCodes);
    if (this.presenter.json) this.terminal.out(`${JSON.stringify(json, null, 2)}\n`);
  }
}
