import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run with `N passed, N failed`; a file that cannot even be loaded counts as failed.
 * Under scripts/test.sh, which adds up several runs, the counts go to the file that BANGER_TEST_COUNTS names instead.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let skipped = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else skipped += 1;
      }
    }
    const countsFile = process.env['BANGER_TEST_COUNTS'];
    if (countsFile !== undefined) {
      writeFileSync(countsFile, `${passed} ${failed} ${skipped}\n`);
      return;
    }
    const line = `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
    process.on('exit', () => console.log(line));
  }
}
