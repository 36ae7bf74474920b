import type { Terminal } from '../io/terminal.js';
import type { StepsView } from './steps-view.js';

export const CANCEL_EXIT_CODE = 130;

/** Ctrl-C while work is under way: the first cancels it and waits for the undo, the second ends banger. */
export class Interruption {
  private readonly cancels = new Set<() => Promise<unknown>>();
  private readonly unsubscribe: () => void;
  private happened = false;

  constructor(terminal: Terminal, view: StepsView) {
    this.unsubscribe = terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
      if (this.happened) {
        view.end(undefined);
        terminal.exitNow(CANCEL_EXIT_CODE);
      }
      this.happened = true;
      view.message('cancelling and cleaning up (again to leave at once)');
      for (const cancel of this.cancels) give(cancel);
    });
  }

  get requested(): boolean {
    return this.happened;
  }

  /** What cancels work that has begun; at once when the user has asked already. */
  add(cancel: () => Promise<unknown>): void {
    this.cancels.add(cancel);
    if (this.happened) give(cancel);
  }

  /** Gives the signals their usual meaning back. */
  stop(): void {
    this.unsubscribe();
  }
}

/** The outcome comes with the work itself; what is over can no longer be cancelled. */
function give(cancel: () => Promise<unknown>): void {
  void cancel().catch(() => undefined);
}
