import type { OperationEvent, OperationStepView } from '../../contract/operation.dto.js';
import { escapeControls, formatDuration } from '../render/text.js';
import { elapsedMs, percentOf, StepBoard } from './steps-view.js';
import type { StepsView } from './steps-view.js';

const ENDINGS = {
  done: 'done',
  failed: 'FAILED',
  skipped: 'skipped',
  cancelled: 'cancelled',
  running: '',
} as const;

/** Plain lines for logs and pipes: one when a step begins, one when it ends; details only as they are the news. */
export class PlainSteps implements StepsView {
  private readonly board = new StepBoard();
  private readonly announced = new Set<number>();

  constructor(
    private readonly write: (text: string) => void,
    private readonly verbose: boolean,
  ) {}

  event(event: OperationEvent): void {
    for (const step of this.board.apply(event)) this.report(step);
    if (event.output !== undefined && this.verbose) this.write(`    ${escapeControls(event.output)}\n`);
  }

  message(text: string): void {
    this.write(`${text}\n`);
  }

  end(): void {}

  private report(step: OperationStepView): void {
    const title = escapeControls(step.title);
    if (step.state === 'running') {
      if (!this.announced.has(step.index)) this.write(`- ${title}\n`);
      else if (this.verbose && step.detail !== undefined)
        this.write(`    ${escapeControls(step.detail)}${percentOf(step)}\n`);
      this.announced.add(step.index);
      return;
    }
    const time = step.state === 'skipped' ? '' : ` (${formatDuration(elapsedMs(step, Date.now()))})`;
    const detail = step.detail === undefined ? '' : `: ${escapeControls(step.detail)}`;
    this.write(`- ${title}: ${ENDINGS[step.state]}${time}${detail}\n`);
  }
}
