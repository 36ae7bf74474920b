import { Injectable } from '@nestjs/common';
import { Presenter } from '../render/presenter.js';
import { columnsOf, formatDuration, pad } from '../render/text.js';

export interface StepTime {
  readonly name: string;
  /** `ms` */
  readonly took: number;
}

const TOTAL = 6;
export const STEP_INDENT = '    ';

/** Numbered steps with their times, on stderr: the same on a terminal and in a log, live only within a step. */
@Injectable()
export class QuickstartSteps {
  readonly times: StepTime[] = [];
  private number = 0;

  constructor(private readonly presenter: Presenter) {}

  /** Runs one step under its title. */
  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.number += 1;
    const { errStyle } = this.presenter;
    this.presenter.note(`${errStyle.bold(`${this.number}/${TOTAL}`)} ${errStyle.bold(name)}`);
    const started = performance.now();
    const result = await work();
    const took = performance.now() - started;
    this.times.push({ name, took });
    this.presenter.note(errStyle.dim(`${STEP_INDENT}${formatDuration(took)}`));
    return result;
  }

  /** A line within the current step. */
  say(text: string): void {
    this.presenter.note(`${STEP_INDENT}${text}`);
  }

  /** The table of times. */
  summary(earlier: readonly StepTime[]): string {
    const rows = [...earlier, ...this.times];
    const total = rows.reduce((sum, row) => sum + row.took, 0);
    const all = [...rows, { name: 'together', took: total }];
    const names = Math.max(...all.map((row) => columnsOf(row.name)));
    const times = Math.max(...all.map((row) => formatDuration(row.took).length));
    return all
      .map((row) => `  ${pad(row.name, names)}  ${formatDuration(row.took).padStart(times)}`)
      .join('\n');
  }
}

/** Steps that the launcher did before node ran: `packages=31 build=12`, in seconds. */
export function parseBootstrapTimes(text: string | undefined): StepTime[] {
  const titles: Readonly<Record<string, string>> = { packages: 'install packages', build: 'build banger' };
  return (text ?? '').split(' ').flatMap((word) => {
    const match = /^([a-z]+)=(\d+)$/.exec(word);
    const name = titles[match?.[1] ?? ''];
    return name === undefined ? [] : [{ name, took: Number(match?.[2]) * 1000 }];
  });
}
