import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

// By itself vitest leaves one CPU of two to others.
const TWO_FILES_AT_A_TIME = { fileParallelism: true, maxWorkers: 2 };
// These wait for servers, disks, guests and time limits as well; each file has directories, ports and a host of its own.
const THREE_FILES_AT_A_TIME = { fileParallelism: true, maxWorkers: 3 };

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.spec.ts'], ...TWO_FILES_AT_A_TIME } },
      { extends: true, test: { name: 'style', include: ['test/style/**/*.spec.ts'], testTimeout: 60_000 } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.spec.ts', 'test/fuzz/**/*.spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // A process for each of a hundred files spent half a second of CPU time on loading the same modules again.
          isolate: false,
          ...THREE_FILES_AT_A_TIME,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          globalSetup: ['./test/support/base-image.global-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 600_000,
          ...THREE_FILES_AT_A_TIME,
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.spec.ts'],
          globalSetup: ['./test/support/base-image.global-setup.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          ...THREE_FILES_AT_A_TIME,
        },
      },
      {
        extends: true,
        test: {
          name: 'guarantees',
          include: ['test/guarantees/**/*.spec.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
    // vitest's second is soon over where three files share two CPUs.
    expect: { poll: { timeout: 15_000 } },
    sequence: { sequencer: LongestFirst },
    // Decorated classes need it before they are loaded, as src/daemon/main.ts does.
    setupFiles: ['reflect-metadata'],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
  },
});
