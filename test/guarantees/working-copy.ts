import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectFiles } from '../style/support/sources.js';
import { killProcess, processesMentioning } from '../support/processes.js';
import { REPOSITORY } from '../support/repository.js';
import type { Guarantee, Mutation } from './guarantee.js';

const TEST_LIMIT_MS = 20 * 60_000;
const BUILD_LIMIT_MS = 5 * 60_000;

/** How a run of a test ended: its counts, and what it printed. */
export interface TestRun {
  readonly passed: number;
  readonly failed: number;
  readonly output: string;
}

/** A copy of the project, to be broken in one place at a time. */
export class WorkingCopy {
  /** A short name: sockets lie below it, and doctor tells of paths that are too long for them. */
  readonly #directory = mkdtempSync(join(tmpdir(), 'bgr-g-'));
  readonly #repository = join(this.#directory, 'banger');
  readonly #counts = join(this.#directory, 'counts');
  /** where the tests make their directories */
  readonly #scratch = join(this.#directory, 't');
  #built = false;

  /** Packages are shared by hard links: neither a build nor a test writes them. */
  constructor() {
    // VMMs run as users of their own and must be able to walk to their disks.
    chmodSync(this.#directory, 0o711);
    for (const file of projectFiles()) {
      mkdirSync(dirname(join(this.#repository, file)), { recursive: true });
      cpSync(join(REPOSITORY, file), join(this.#repository, file));
    }
    // No file of the project, and yet a unit test that reaches it fails without it, whatever was taken out.
    const generated = 'src/core/database/generated';
    cpSync(join(REPOSITORY, generated), join(this.#repository, generated), { recursive: true });
    const modules = join(this.#repository, 'node_modules');
    this.#run('cp', ['-al', join(REPOSITORY, 'node_modules'), modules], { limitMs: BUILD_LIMIT_MS });
  }

  /** Applies a mutation. @returns takes it back */
  mutate({ file, find, replace }: Mutation): () => void {
    const path = join(this.#repository, file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      original.replace(find, () => replace),
    );
    this.#built = false;
    return () => {
      writeFileSync(path, original);
      this.#built = false;
    };
  }

  /** @throws when the product does not build: a mutation has to be code */
  async test({ test, name }: Guarantee): Promise<TestRun> {
    if (!/^(?:src|test\/style)\//.test(test)) this.#build();
    rmSync(this.#counts, { force: true });
    mkdirSync(this.#scratch);
    chmodSync(this.#scratch, 0o1777);
    const args = ['run', '--project', projectOf(test), test];
    // with `=`, since a name may begin with `--`
    if (name !== undefined)
      args.push(`--testNamePattern=${name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`);
    const output = this.#run(join(this.#repository, 'node_modules/.bin/vitest'), args, {
      limitMs: TEST_LIMIT_MS,
      directory: this.#repository,
      env: { BANGER_TEST_COUNTS: this.#counts, BANGER_TEST_BASE: this.#images(), TMPDIR: this.#scratch },
      mayFail: true,
    });
    await this.#clearUp();
    if (!existsSync(this.#counts)) throw new Error(`the tests of ${test} did not begin: ${output}`);
    const [passed = 0, failed = 0] = readFileSync(this.#counts, 'utf8').split(' ').map(Number);
    return { passed, failed, output };
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** What a broken product leaves behind, its test cannot take away. */
  async #clearUp(): Promise<void> {
    for (const { pid } of await processesMentioning(this.#scratch)) killProcess(pid);
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  #build(): void {
    if (this.#built) return;
    this.#run('sh', ['scripts/build.sh'], { limitMs: BUILD_LIMIT_MS, directory: this.#repository });
    this.#built = true;
  }

  /** State directory with the images of the unbroken product, built by the first test that wants it. */
  #images(): string {
    const directory = process.env['BANGER_TEST_BASE'] ?? join(this.#directory, 'base');
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    return directory;
  }

  #run(
    file: string,
    args: readonly string[],
    options: { limitMs: number; directory?: string; env?: NodeJS.ProcessEnv; mayFail?: true },
  ): string {
    const result = spawnSync(file, args, {
      cwd: options.directory,
      env: { ...process.env, ...options.env },
      encoding: 'utf8',
      timeout: options.limitMs,
      maxBuffer: 1 << 28,
    });
    const output = `${result.stdout}${result.stderr}`;
    if (result.error !== undefined || (options.mayFail !== true && result.status !== 0))
      throw new Error(`${file} ${args.join(' ')}: ${result.error?.message ?? output}`);
    return output;
  }
}

/** Project of vitest.config.ts that a test file belongs to. */
function projectOf(test: string): string {
  if (test.startsWith('src/')) return 'unit';
  return /^test\/(?:integration|fuzz)\//.test(test) ? 'integration' : (test.split('/')[1] ?? '');
}
