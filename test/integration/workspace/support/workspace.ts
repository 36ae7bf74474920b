import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { VmWorkspaceView, WorkspaceSource } from '../../../../src/contract/index.js';
import { NodeProcessRunner } from '../../../../src/core/process/index.js';
import { Ssh2Client } from '../../../../src/core/ssh/index.js';
import type { SshConnection } from '../../../../src/core/ssh/index.js';
import { GitWorkspaceImporter } from '../../../../src/workspace/import/git-workspace-importer.js';
import { OutgoingRepositories } from '../../../../src/workspace/import/outgoing.js';
import { DEFAULT_INCOMING_LIMITS } from '../../../../src/workspace/incoming/incoming-limits.js';
import type { IncomingLimits } from '../../../../src/workspace/incoming/incoming-limits.js';
import { IncomingWork } from '../../../../src/workspace/incoming/incoming-work.js';
import type { Quarantine } from '../../../../src/workspace/incoming/quarantine.js';
import type { Work } from '../../../../src/workspace/incoming/incoming-work.js';
import { WorkspaceArrival } from '../../../../src/workspace/prepare/workspace-arrival.js';
import type { Arrived } from '../../../../src/workspace/prepare/workspace-arrival.js';
import { WorkspaceUpdate } from '../../../../src/workspace/prepare/workspace-update.js';
import { RepositoryFinder } from '../../../../src/workspace/repository/repository-finder.js';
import { ScratchDirectories } from '../../../../src/workspace/repository/scratch-directories.js';
import { WorkspaceFiles } from '../../../../src/workspace/repository/workspace-files.adapter.js';
import { Sshd } from '../../ssh/support/sshd.js';

const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A U Thor',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_COMMITTER_NAME: 'C O Mitter',
  GIT_COMMITTER_EMAIL: 'committer@example.com',
  GIT_ALLOW_PROTOCOL: 'file',
};

/** without the class, which is none of what travels */
type Plain<T> = Pick<T, keyof T>;

type PrepareOptions = Omit<WorkspaceSource, 'path'> & { force?: boolean; ssh?: SshConnection };

/** A host with repositories, and a guest that is this machine's own sshd with another directory instead of /root. */
export class WorkspaceBench {
  readonly importer: GitWorkspaceImporter;
  readonly directories: ScratchDirectories;
  readonly outgoing: OutgoingRepositories;
  readonly arrival: WorkspaceArrival;
  readonly incoming: IncomingWork;
  readonly finder: RepositoryFinder;
  readonly files: WorkspaceFiles;

  private constructor(
    readonly directory: string,
    readonly guestBase: string,
    readonly ssh: SshConnection,
    private readonly sshd: Sshd,
    limits: Partial<IncomingLimits>,
  ) {
    const files = new WorkspaceFiles(this.scratchParent);
    this.files = files;
    const runner = new NodeProcessRunner();
    this.finder = new RepositoryFinder(runner, files);
    this.directories = new ScratchDirectories(runner, files);
    this.outgoing = new OutgoingRepositories(this.finder, files, this.directories);
    this.importer = new GitWorkspaceImporter(this.finder, files, this.directories, this.outgoing, guestBase);
    const update = new WorkspaceUpdate();
    this.arrival = new WorkspaceArrival(this.finder, this.outgoing, update, guestBase);
    this.incoming = this.incomingWithin(limits);
  }

  static async start(limits: Partial<IncomingLimits> = {}): Promise<WorkspaceBench> {
    const directory = await mkdtemp(join(tmpdir(), 'banger-workspace-'));
    execFileSync('chmod', ['755', directory]);
    const guestBase = join(directory, 'guest root');
    await mkdir(guestBase);
    const scratch = join(directory, 'scratch');
    await mkdir(scratch);
    execFileSync('chmod', ['1777', scratch]);
    const sshd = await Sshd.start();
    const ssh = await new Ssh2Client().connect(sshd.target, { timeoutMs: 10_000 });
    return new WorkspaceBench(directory, guestBase, ssh, sshd, limits);
  }

  incomingWithin(limits: Partial<IncomingLimits>): IncomingWork {
    return new IncomingWork(this.directories, this.files, { ...DEFAULT_INCOMING_LIMITS, ...limits });
  }

  /** What imports left behind. */
  get leftovers(): string[] {
    return readdirSync(this.scratchParent);
  }

  get scratchParent(): string {
    return join(this.directory, 'scratch');
  }

  async stop(): Promise<void> {
    this.ssh.close();
    await this.ssh.closed;
    await this.sshd.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A repository made by a bash script, with two commits of three files unless an `empty` one is asked for. */
  async repository(name: string, script: string, options: { empty?: boolean } = {}): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(path);
    const start = options.empty === true ? EMPTY : this.copyOfBase();
    shell(path, `set -e; ${start}\n${script}`);
    return path;
  }

  /** A repository, made by the script `host`, that is imported, and what the script `guest` does to it there. */
  async prepared(
    name: string,
    guest = '',
    { host = '', ...options }: { host?: string; empty?: boolean } = {},
  ): Promise<Plain<VmWorkspaceView>> {
    const path = await this.repository(name, host, options);
    const { warnings: _warnings, ...workspace } = await this.import(path);
    if (guest !== '') shell(workspace.guestPath, `set -e\n${guest}`);
    return workspace;
  }

  /** One copy costs two processes, making it eight. The index has notes of other files, until it is refreshed. */
  private copyOfBase(): string {
    if (!existsSync(this.base)) {
      mkdirSync(this.base);
      shell(this.base, `set -e; ${EMPTY}\n${BASE_COMMITS}`);
    }
    return `cp -a '${this.base}/.' .; git update-index -q --refresh`;
  }

  private get base(): string {
    return join(this.directory, 'base of repositories');
  }

  async import(
    path: string,
    options: Omit<WorkspaceSource, 'path'> = {},
    signal = new AbortController().signal,
  ): Promise<VmWorkspaceView & { warnings: string[] }> {
    const plan = await this.importer.inspect({ path, ...options }, signal);
    const guest = { vm: 'web', ssh: this.ssh };
    return this.importer.import(plan, guest, { detail: () => undefined }, signal);
  }

  /** As `workspace.prepare` does it, for a VM that has these repositories. */
  async prepare(
    path: string,
    workspaces: readonly VmWorkspaceView[],
    { force = false, ssh = this.ssh, ...options }: PrepareOptions = {},
  ): Promise<Arrived> {
    const signal = new AbortController().signal;
    const source = { path, ...options };
    const { plan, existing } = await this.arrival.plan(
      { name: 'web', workspaces },
      { source, project: undefined },
      signal,
    );
    const request = { guest: { vm: 'web', ssh }, existing, force };
    return this.arrival.bring(plan, request, { detail: () => undefined }, signal);
  }

  /** What the guest has done in a repository, as it arrives beside the host's. */
  async work<T>(
    workspace: VmWorkspaceView,
    body: (work: Work, quarantine: Quarantine) => Promise<T>,
    { committedOnly = false, ssh = this.ssh }: { committedOnly?: boolean; ssh?: SshConnection } = {},
  ): Promise<T> {
    const signal = new AbortController().signal;
    const repository = await this.finder.find(workspace.hostPath, signal);
    const vm = { id: 'vm1', name: 'web', gitName: 'Agent', gitEmail: 'agent@example.com' };
    const request = { vm, workspace, ssh, committedOnly };
    return this.incoming.within(repository, signal, async (quarantine, stop) =>
      body(await this.incoming.receive(quarantine, request, stop), quarantine),
    );
  }
}

const EMPTY = 'git init -q -b main .; git config user.name Host; git config user.email host@example.com';

const BASE_COMMITS = `
printf 'one\\n' > a.txt; printf 'two\\n' > b.txt; mkdir dir; printf 'three\\n' > dir/c.txt
git add .; git commit -q -m first; printf 'more\\n' >> a.txt; git commit -q -am second`;

export function shell(cwd: string, script: string): string {
  return execFileSync('bash', ['-c', script], {
    cwd,
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString('latin1');
}

/**
 * Everything that `git status` and a commit would see: what is staged follows from HEAD and the index, what is not
 * from the second version of the status, which has all that the first one has.
 */
export function state(path: string): { head: string; status: string; index: string } {
  const said = shell(
    path,
    "git status --porcelain=v2 --branch -z && printf '\\n=\\n' && git ls-files -s -v -z",
  );
  const [head = '', rest = '', index = ''] =
    /^(# branch\.oid [^\0]*\0# branch\.head [^\0]*\0)([^]*)\n=\n([^]*)$/.exec(said)?.slice(1) ?? [];
  expect(head, said).not.toBe('');
  // The host alone has branches on a server.
  return { head, status: rest.replace(/# branch\.[^\0]*\0/g, ''), index };
}

/** Hash of every byte, mode and time below a directory, the top's own time aside. */
export function fingerprint(path: string): string {
  const hash = createHash('sha256');
  const visit = (directory: Buffer): void => {
    for (const name of readdirSync(directory, { encoding: 'buffer' }).toSorted((a, b) => a.compare(b))) {
      const entry = Buffer.concat([directory, Buffer.from('/'), name]);
      const facts = lstatSync(entry, { bigint: true });
      hash.update(entry).update(`|${facts.mode}|${facts.mtimeNs}|${facts.size}|${facts.ino}|`);
      if (facts.isDirectory()) visit(entry);
      else if (facts.isSymbolicLink()) hash.update(readlinkSync(entry, { encoding: 'buffer' }));
      else if (facts.isFile() && facts.size < 100_000_000n) hash.update(readFileSync(entry));
    }
  };
  visit(Buffer.from(path));
  return hash.digest('hex');
}
