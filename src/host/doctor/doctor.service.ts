import { Inject, Injectable } from '@nestjs/common';
import type { DoctorCheckView, DoctorReport } from '../../contract/index.js';
import { BangerError } from '../../core/errors/index.js';
import { HostFacts } from '../facts/host-facts.js';
import { DOCTOR_CHECKS } from './doctor-check.js';
import type { DoctorCheck, DoctorFinding } from './doctor-check.js';

const DEADLINE_MS = 5000;

/** Answers whether VMs can run here, and what to do where they cannot. */
@Injectable()
export class DoctorService {
  constructor(
    @Inject(DOCTOR_CHECKS) private readonly checks: readonly DoctorCheck[],
    private readonly facts: HostFacts,
  ) {}

  /** Runs all checks side by side; never throws. */
  async report(): Promise<DoctorReport> {
    const checks = await Promise.all(this.checks.map((check) => this.#run(check)));
    return { healthy: checks.every(({ status }) => status !== 'fail'), mode: this.facts.mode, checks };
  }

  async #run(check: DoctorCheck): Promise<DoctorCheckView> {
    const { promise: late, resolve } = Promise.withResolvers<DoctorFinding>();
    const timer = setTimeout(
      () => resolve({ status: 'warn', detail: `took too long (more than ${DEADLINE_MS / 1000} s)` }),
      DEADLINE_MS,
    );
    try {
      return { id: check.id, title: check.title, ...(await Promise.race([check.run(), late])) };
    } catch (error) {
      return { id: check.id, title: check.title, ...describe(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

function describe(error: unknown): DoctorFinding {
  const detail = error instanceof Error ? error.message : String(error);
  const fix = error instanceof BangerError ? error.fix : undefined;
  return { status: 'fail', detail, ...(fix !== undefined && { fix }) };
}
