import type { Invocation } from '../invocation.js';
import type { Terminal } from '../io/terminal.js';
import type { Presenter } from '../render/presenter.js';
import { LiveSteps } from './live-steps.js';
import { PlainSteps } from './plain-steps.js';
import { SilentSteps } from './steps-view.js';
import type { StepsView } from './steps-view.js';

interface ViewParts {
  readonly invocation: Invocation;
  readonly terminal: Terminal;
  readonly presenter: Presenter;
}

/** Live on a terminal, plain lines elsewhere, nothing with --quiet; always on stderr. */
export function createStepsView({ invocation, terminal, presenter }: ViewParts, indent = ''): StepsView {
  const { quiet, verbose } = invocation.flags;
  if (quiet) return new SilentSteps();
  const write = (text: string): void => terminal.err(text);
  if (!terminal.stderrIsTty || invocation.facts.env['TERM'] === 'dumb') {
    return new PlainSteps((text) => write(indent + text), verbose);
  }
  return new LiveSteps({
    write,
    columns: () => terminal.dimensions().columns,
    style: presenter.errStyle,
    indent,
  });
}
