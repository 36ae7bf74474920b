import type { Terminal } from '../io/terminal.js';
import type { Presenter } from '../render/presenter.js';
import { escapeControls, formatBytes, formatDuration, truncate } from '../render/text.js';

const REDRAW_MS = 120;
const BAR_COLUMNS = 24;
const CLEAR_LINE = '\r\u001b[K';

/** One line that is drawn anew while bytes pass; nothing where stderr is no terminal, or nobody wants to see it. */
export class CopyProgress {
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly startedAt = performance.now();
  private passed = 0;
  /** bytes that an earlier copy has brought */
  private before = 0;
  private total: number | undefined;

  constructor(
    private readonly title: string,
    private readonly terminal: Terminal,
    private readonly presenter: Presenter,
    quiet: boolean,
  ) {
    if (!terminal.stderrIsTty || quiet || presenter.json) return;
    this.timer = setInterval(() => terminal.err(CLEAR_LINE + this.line()), REDRAW_MS);
  }

  /** @param total `bytes`, where that is known */
  begin(total: number, before = 0): void {
    this.total = total;
    this.before = before;
  }

  add(bytes: number): void {
    this.passed += bytes;
  }

  get bytes(): number {
    return this.passed;
  }

  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** A remark above the line. Guests have their part in most of them: names, paths, what their programs say. */
  note(text: string): void {
    if (this.timer !== undefined) this.terminal.err(CLEAR_LINE);
    this.presenter.note(escapeControls(text));
  }

  end(): void {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.terminal.err(CLEAR_LINE);
  }

  private line(): string {
    const rate = (this.passed / Math.max(1, this.elapsedMs)) * 1000;
    const done = this.before + this.passed;
    const tail = `${this.amount(done)}  ${formatBytes(Math.round(rate))}/s${this.left(done, rate)}`;
    const columns = Math.max(20, this.terminal.dimensions().columns - 1);
    const name = truncate(escapeControls(this.title), Math.max(8, columns - tail.length - 2));
    return truncate(`${name}  ${tail}`, columns);
  }

  private amount(done: number): string {
    if (this.total === undefined || this.total === 0) return formatBytes(done);
    const share = Math.min(1, done / this.total);
    const full = Math.round(share * BAR_COLUMNS);
    const bar = '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full);
    return `${bar} ${String(Math.floor(share * 100)).padStart(3)}%  ${formatBytes(done)} of ${formatBytes(this.total)}`;
  }

  private left(done: number, rate: number): string {
    if (this.total === undefined || rate < 1 || this.passed === 0) return '';
    return `  ${formatDuration((Math.max(0, this.total - done) / rate) * 1000)} left`;
  }
}
