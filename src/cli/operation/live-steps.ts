import type { OperationEvent, OperationStepView, OperationView } from '../../contract/operation.dto.js';
import type { Style } from '../render/style.js';
import { columnsOf, escapeControls, formatDuration, truncate } from '../render/text.js';
import { elapsedMs, percentOf, StepBoard } from './steps-view.js';
import type { StepsView } from './steps-view.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[J';

export interface LiveStepsOptions {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly style: Style;
  /** put before each line */
  readonly indent?: string;
}

/**
 * Finished steps as lines that stay, running ones redrawn below them. By hand: listr2 runs the tasks it shows, while
 * these run in the daemon and are only reported; bridging the two took more lines than drawing them.
 */
export class LiveSteps implements StepsView {
  private readonly board = new StepBoard();
  private readonly timer: NodeJS.Timeout;
  private readonly indent: string;
  private drawn = 0;
  private frame = 0;
  private ended = false;
  private lastOutput: string | undefined;

  constructor(private readonly options: LiveStepsOptions) {
    this.indent = options.indent ?? '';
    this.timer = setInterval(() => this.tick(), FRAME_MS);
    options.write(HIDE_CURSOR);
  }

  event(event: OperationEvent): void {
    if (this.ended) return;
    const finished = this.board.apply(event).filter((step) => step.state !== 'running');
    if (event.step !== undefined && event.step.state === 'running') this.lastOutput = undefined;
    if (event.output !== undefined) this.lastOutput = event.output;
    this.draw(finished.map((step) => this.finishedLine(step)));
  }

  message(text: string): void {
    this.draw([`${this.indent}${this.options.style.yellow(text)}`]);
  }

  end(_operation: OperationView | undefined): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.timer);
    this.options.write(`${this.eraser()}${SHOW_CURSOR}`);
  }

  private tick(): void {
    this.frame += 1;
    this.draw([]);
  }

  private draw(above: readonly string[]): void {
    const live = this.ended ? [] : this.board.running().map((step) => this.runningLine(step));
    const lines = [...above, ...live].map((line) => `${line}\n`).join('');
    this.options.write(this.eraser() + lines);
    this.drawn = live.length;
  }

  /** Goes back over the live lines. They never wrap: each is cut to the terminal's width. */
  private eraser(): string {
    const back = this.drawn === 0 ? '' : `\r\u001b[${this.drawn}A${CLEAR_BELOW}`;
    this.drawn = 0;
    return back;
  }

  private runningLine(step: OperationStepView): string {
    const spinner = FRAMES[this.frame % FRAMES.length] ?? '·';
    const time = `${percentOf(step)} ${formatDuration(elapsedMs(step, Date.now()))}`;
    return this.line(this.options.style.cyan(spinner), step.title, time, step.detail ?? this.lastOutput);
  }

  private finishedLine(step: OperationStepView): string {
    const { style } = this.options;
    const marks = {
      done: style.green('✔'),
      failed: style.red('✖'),
      skipped: style.dim('↓'),
      cancelled: style.yellow('■'),
      running: ' ',
    };
    const time = step.state === 'skipped' ? ' skipped' : ` ${formatDuration(elapsedMs(step, Date.now()))}`;
    return this.line(marks[step.state], step.title, time, step.detail);
  }

  /** `mark title time · detail`, never wider than the terminal; the detail gives way first. */
  private line(mark: string, rawTitle: string, time: string, rawDetail: string | undefined): string {
    const { style } = this.options;
    const room = Math.max(8, this.options.columns() - 1 - this.indent.length - 2);
    const title = truncate(escapeControls(rawTitle), Math.max(4, room - columnsOf(time)));
    const rest = room - columnsOf(title) - columnsOf(time) - 3;
    const detail =
      rawDetail === undefined || rest < 8 ? '' : ` · ${truncate(escapeControls(rawDetail.trim()), rest)}`;
    return `${this.indent}${mark} ${title}${style.dim(time + detail)}`;
  }
}
