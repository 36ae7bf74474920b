import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { ChaosHost } from './chaos-host.js';
import type { Scenario, Subject } from './interrupt.js';
import { VM, workspaceScenarios } from './workspace-scenarios.js';
import type { WorkspaceOutcome } from './workspace-scenarios.js';

const GUEST_PATH = '/root/shop';

/** Prints the tree of all that is in the guest's repository. What fsck says, which is nothing, goes to stderr. */
const TREE = `cd ${GUEST_PATH} && git fsck --strict >&2 && cp .git/index /tmp/index && export GIT_INDEX_FILE=/tmp/index &&
git add -A && git write-tree`;

/** A repository that goes into a VM and comes out, whatever happens to the daemon meanwhile. */
export class ChaosWorkspace implements Subject<WorkspaceOutcome> {
  readonly #path: string;
  #round = 0;

  constructor(private readonly chaos: ChaosHost) {
    this.#path = join(chaos.host.directory, 'shop');
    execFileSync('git', ['init', '-q', '-b', 'main', this.#path]);
    this.#git('config', 'user.name', 'Ada');
    this.#git('config', 'user.email', 'ada@example.com');
    this.#commit();
  }

  get scenarios(): Scenario<WorkspaceOutcome>[] {
    return workspaceScenarios(this.#path);
  }

  async create(): Promise<void> {
    await this.#succeed(['vm', 'create', '--name', VM, '--memory', '256m', this.#path]);
  }

  async bring(to: WorkspaceOutcome): Promise<void> {
    this.#round += 1;
    await this.#succeed(['workspace', 'prepare', '--force', VM, this.#path]);
    if (to === 'behind') this.#commit();
    if (to !== 'unexported') return;
    const work = `cd ${GUEST_PATH}; git config user.name a; git config user.email a@b; echo ${this.#round} > work; git add work;
git commit -qm ${this.#round}; echo ${this.#round} > uncommitted`;
    await this.#inGuest(work);
  }

  async outcome(): Promise<WorkspaceOutcome> {
    this.#requireSound();
    const tree = await this.#inGuest(TREE);
    const work = await this.#inGuest(`cat ${GUEST_PATH}/uncommitted 2>/dev/null || :`);
    if (work !== String(this.#round)) return tree === this.#treeOf('HEAD') ? 'current' : 'behind';
    const outcome = this.#treeOf('banger/web') === tree ? 'exported' : 'unexported';
    // whatever was half done does not stand in the way of doing it
    await this.#succeed(['workspace', 'export', VM]);
    expect(this.#treeOf('banger/web')).toBe(tree);
    return outcome;
  }

  /** The host's repository is whole, nothing in it is locked, and no place where an import worked is left. */
  #requireSound(): void {
    this.#git('fsck', '--strict', '--no-dangling');
    expect(this.#git('status', '--porcelain')).toBe('');
    expect(readdirSync(join(this.#path, '.git'), { recursive: true, encoding: 'utf8' })).not.toContainEqual(
      expect.stringMatching(/\.lock$/),
    );
    const left = readdirSync('/var/tmp').filter((name) => {
      const pid = /^bgr-import-(\d+)-/.exec(name)?.[1];
      return pid !== undefined && !existsSync(`/proc/${pid}`);
    });
    expect(left).toEqual([]);
  }

  #treeOf(revision: string): string | undefined {
    try {
      return this.#git('rev-parse', '-q', '--verify', `${revision}^{tree}`).trim();
    } catch {
      return undefined;
    }
  }

  #commit(): void {
    this.#round += 1;
    writeFileSync(join(this.#path, 'host'), `${this.#round}\n`);
    this.#git('add', '.');
    this.#git('commit', '-qm', `round ${this.#round}`);
  }

  #git(...args: string[]): string {
    return execFileSync('git', args, {
      cwd: this.#path,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async #inGuest(script: string): Promise<string> {
    const result = await this.chaos.banger(['vm', 'exec', VM, '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  }

  async #succeed(args: readonly string[]): Promise<void> {
    const result = await this.chaos.banger(args);
    expect(result, `banger ${args.join(' ')}: ${result.stderr}`).toMatchObject({ exitCode: 0 });
  }

  /** What a script in the guest was at when its daemon died goes by itself, soon. */
  async requireCleanGuest(): Promise<void> {
    await vi.waitFor(
      async () => expect(await this.#inGuest('ls /var/tmp | grep -c ^banger- || :')).toBe('0'),
      {
        timeout: 20_000,
        interval: 500,
      },
    );
  }
}
