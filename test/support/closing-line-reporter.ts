import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Of the first error of a test: enough to tell failures apart in the closing lines. */
const REASON_CHARACTERS = 300;

/**
 * Ends a run with `N passed, N failed`; a file that cannot even be loaded counts as failed.
 * Under scripts/test.sh, which adds up several runs, the counts go to the file that BANGER_TEST_COUNTS names instead,
 * with a line below for each failed test and why: only the end of a run is always kept.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let skipped = 0;
    let failed = unhandled.length;
    const failures: string[] = [];
    for (const module of modules) {
      failed += module.errors().length;
      for (const error of module.errors()) failures.push(failureLine(module.moduleId, error.message));
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') {
          failed += 1;
          failures.push(failureLine(`${module.moduleId} > ${test.fullName}`, reason(test)));
        } else skipped += 1;
      }
    }
    const countsFile = process.env['BANGER_TEST_COUNTS'];
    if (countsFile !== undefined) {
      writeFileSync(countsFile, [`${passed} ${failed} ${skipped}`, ...failures, ''].join('\n'));
      return;
    }
    const line = `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
    process.on('exit', () => console.log(line));
  }
}

function reason(test: TestCase): string {
  return test.result().errors?.[0]?.message ?? 'no error was told';
}

function failureLine(where: string, why: string): string {
  const name = where.replace(`${process.cwd()}/`, '');
  return `${name}: ${stripVTControlCharacters(why).replaceAll(/\s+/gu, ' ').slice(0, REASON_CHARACTERS)}`;
}
