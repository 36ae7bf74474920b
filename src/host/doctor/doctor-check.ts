import { setTimeout as delay } from 'node:timers/promises';
import type { DoctorCheckView, DoctorProblemView } from '../../contract/index.js';
import { BOOKS_KEPT_MS } from '../../core/database/index.js';

export type DoctorFinding = Omit<DoctorCheckView, 'id' | 'title'>;

/**
 * One question about the host or about what is banger's own. `run` MUST change nothing, and need no daemon; it is given
 * up after a few seconds. What it throws becomes a failed check.
 */
export abstract class DoctorCheck {
  /** stable, for scripts */
  abstract readonly id: string;
  abstract readonly title: string;
  abstract run(): Promise<DoctorFinding>;
}

/** What a check of many things found wrong with one of them. */
export interface Problem extends DoctorProblemView {
  readonly status: 'warn' | 'fail';
}

interface Look {
  /** what was looked at, for when all is well: `4 VMs` */
  readonly looked: string;
  readonly problems: readonly Problem[];
}

/** A check that looks at many things of one sort, and tells of each that is not as it should be. */
export abstract class ManyThingsCheck extends DoctorCheck {
  override async run(): Promise<DoctorFinding> {
    const { looked, problems } = await this.#lasting();
    const [first, ...more] = problems;
    if (first === undefined) return { status: 'ok', detail: looked };
    const status = problems.some((problem) => problem.status === 'fail') ? 'fail' : 'warn';
    const detail = more.length === 0 ? first.what : `${problems.length} things are not in order`;
    return { status, detail, problems: problems.slice(0, MAX_PROBLEMS) };
  }

  /**
   * Only what a second look sees as well: books and host are read one after the other, and what changes in between
   * looks like damage. In one of 400 reports a VM that had just come up was told to be stuck.
   */
  async #lasting(): Promise<Look> {
    const first = await this.look();
    if (first.problems.length === 0) return first;
    await delay(2 * BOOKS_KEPT_MS);
    const { looked, problems } = await this.look();
    const before = new Set(first.problems.map(({ what }) => what));
    return { looked, problems: problems.filter(({ what }) => before.has(what)) };
  }

  /** Called again where something is found; both times together end well within the time of a report. */
  protected abstract look(): Promise<Look>;
}

/** More than a person reads; whoever mends them sees what is next. */
const MAX_PROBLEMS = 100;

/** Array token: every check of this host, in the order in which they are shown. */
export const DOCTOR_CHECKS = Symbol('DOCTOR_CHECKS');
