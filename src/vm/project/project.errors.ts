import { BangerError } from '../../core/errors/index.js';

/** What a repository's project file wants done in the guest has failed there. */
export class ProjectStepFailedError extends BangerError<'PROJECT_STEP_FAILED'> {
  constructor(facts: { file: string; step: 'files' | 'setup'; exitCode: number | null; outputTail: string }) {
    const { file, step, exitCode, outputTail } = facts;
    const what = step === 'setup' ? 'the setup command' : 'the placing of files';
    super('PROJECT_STEP_FAILED', `${what} of ${file} failed in the VM`, {
      details: { file, step, exitCode, outputTail },
      why:
        step === 'setup'
          ? `it ended with status ${exitCode ?? 'unknown'}`
          : (outputTail.trim().split('\n').at(-1) ?? undefined),
      fix: 'correct the project file, or go on without it: --no-project',
    });
  }
}
