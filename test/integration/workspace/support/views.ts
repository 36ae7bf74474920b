import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { DiffFormat, VmWorkspaceView, WorkspaceStatusView } from '../../../../src/contract/index.js';
import { WorkDocuments } from '../../../../src/workspace/diff/work-documents.js';
import { DEFAULT_INCOMING_LIMITS } from '../../../../src/workspace/incoming/incoming-limits.js';
import type { IncomingLimits } from '../../../../src/workspace/incoming/incoming-limits.js';
import type { WorkRequest } from '../../../../src/workspace/incoming/incoming-work.js';
import { HostRepositories } from '../../../../src/workspace/status/host-repositories.js';
import { StatusReader } from '../../../../src/workspace/status/status-reader.js';
import type { WorkspaceBench } from './workspace.js';

const never = (): AbortSignal => new AbortController().signal;

/** What a user sees of the work in the guest of a bench. */
export class WorkspaceViews {
  readonly #status: StatusReader;
  readonly #documents: WorkDocuments;

  constructor(
    private readonly bench: WorkspaceBench,
    limits: Partial<IncomingLimits> = {},
  ) {
    const { finder, directories, files, incoming } = bench;
    this.#status = new StatusReader(new HostRepositories(finder, directories, files), incoming);
    this.#documents = new WorkDocuments(finder, incoming, files, { ...DEFAULT_INCOMING_LIMITS, ...limits });
  }

  status(workspace: VmWorkspaceView): Promise<WorkspaceStatusView> {
    return this.#status.read({ vm: 'web', workspace, ssh: this.bench.ssh }, never());
  }

  /** Letters as git has them, `*` for what is not committed: `M a.txt`, `A* b.txt` */
  async files(workspace: VmWorkspaceView): Promise<string[]> {
    const letters = { added: 'A', modified: 'M', deleted: 'D', 'type-changed': 'T', conflicted: 'U' };
    const { files } = await this.status(workspace);
    return files.map(
      ({ path, change, uncommitted }) => `${letters[change]}${uncommitted ? '*' : ''} ${path}`,
    );
  }

  async diff(
    of: VmWorkspaceView,
    options: { against?: VmWorkspaceView; format?: DiffFormat; committedOnly?: boolean } = {},
  ): Promise<Buffer> {
    const { against, format = 'patch', committedOnly = false } = options;
    const request = {
      of: this.#request('web', of, committedOnly),
      against: against && this.#request('other', against, committedOnly),
      format,
    };
    return received((to) => this.#documents.diff(request, to, never()));
  }

  async bundle(of: VmWorkspaceView, branch: string): Promise<Buffer> {
    const request = { of: this.#request('web', of, false), branch };
    return received((to) => this.#documents.bundle(request, to, never()));
  }

  #request(name: string, workspace: VmWorkspaceView, committedOnly: boolean): WorkRequest {
    const vm = { id: `id-${name}`, name, gitName: 'Agent', gitEmail: 'agent@example.com' };
    return { vm, workspace, committedOnly, ssh: this.bench.ssh };
  }
}

async function received(send: (to: PassThrough) => Promise<void>): Promise<Buffer> {
  const to = new PassThrough();
  const all = buffer(to);
  all.catch(() => undefined);
  try {
    await send(to);
  } finally {
    to.destroy();
  }
  return all;
}
