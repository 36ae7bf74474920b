import type { DoctorCheckView } from '../../contract/index.js';

export type DoctorFinding = Omit<DoctorCheckView, 'id' | 'title'>;

/**
 * One question about the host. `run` MUST change nothing, and need neither the database nor a VM; it is given up after
 * a few seconds. What it throws becomes a failed check.
 */
export abstract class DoctorCheck {
  /** stable, for scripts */
  abstract readonly id: string;
  abstract readonly title: string;
  abstract run(): Promise<DoctorFinding>;
}

/** Array token: every check of this host, in the order in which they are shown. */
export const DOCTOR_CHECKS = Symbol('DOCTOR_CHECKS');
