import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { Capability } from '../capability.js';
import type { Guest, HookContext, VmIdentity } from '../capability.js';
import { syncArchive, syncArguments } from './guest-sync.js';
import { SyncFiles } from './synced-file.js';
import type { RememberedFile, SyncedFile, SyncPlan } from './synced-file.js';

/** Names in one remark; the guest decides how many there are. */
const SHOWN_NAMES = 5;

/**
 * The files of `[[file_sync]]` are in every guest that starts, and no longer in one that starts after they were taken
 * out of the configuration. What was put where is remembered beside the VM, not in the guest. A file that was changed in
 * the guest is the host's again at the next start, as long as it is listed; it is never removed.
 */
@Injectable()
export class FileSyncCapability extends Capability {
  readonly id = 'file-sync';
  override readonly title = 'copying files of the host';

  constructor(
    private readonly config: Config,
    private readonly files: SyncFiles,
  ) {
    super();
  }

  override async concerns(vm: VmIdentity): Promise<boolean> {
    return this.config.values.fileSync.length > 0 || (await this.files.remembers(vm.id));
  }

  override async ready(vm: VmIdentity, guest: Guest, context: HookContext): Promise<void> {
    const { signal, warn } = context;
    const plan = await this.files.read(this.config.values.fileSync);
    for (const warning of plan.warnings) warn(warning);
    try {
      await this.#sync(vm, guest, { plan, signal, warn });
    } catch (error) {
      signal.throwIfAborted();
      warn(`the files of [[file_sync]] are not all in the VM: ${toBangerError(error).message}`);
    }
  }

  async #sync(
    vm: VmIdentity,
    guest: Guest,
    { plan, signal, warn }: { plan: SyncPlan } & HookContext,
  ): Promise<void> {
    const before = await this.files.remembered(vm.id);
    const wanted = new Map(plan.files.map((file) => [file.path, remembering(file)]));
    const kept = before.filter(({ path }) => !wanted.has(path) && isUnread(path, plan.unread));
    const gone = before.filter((file) => !wanted.has(file.path) && !kept.includes(file));
    if (wanted.size === 0 && gone.length === 0) return;
    // before the guest has them: a daemon that dies in between still knows what to take away
    const known = before.map((file) => ({
      path: file.path,
      sha256: [...new Set([...file.sha256, ...(wanted.get(file.path)?.sha256 ?? [])])],
    }));
    const added = [...wanted.values()].filter(({ path }) => !before.some((file) => file.path === path));
    await this.files.remember(vm.id, [...known, ...added]);
    const { exitCode, stdout, stderr } = await guest.exec(syncArguments(gone), {
      stdin: await syncArchive(plan.files),
      signal,
    });
    if (exitCode !== 0) {
      warn(`the files of [[file_sync]] are not all in the VM: ${firstLine(stderr)}`);
      return;
    }
    tellLeft(stdout, warn);
    await this.files.remember(vm.id, [...kept, ...wanted.values()]);
  }
}

function remembering({ path, content }: SyncedFile): RememberedFile {
  return { path, sha256: [createHash('sha256').update(content).digest('hex')] };
}

/** What cannot be read now may be there again tomorrow: it is missing on the host, not taken out. */
function isUnread(path: string, unread: readonly string[]): boolean {
  return unread.some((target) => path === target || path.startsWith(`${target}/`));
}

function tellLeft(stdout: Buffer, warn: HookContext['warn']): void {
  const names = printable(stdout).split('\n').filter(Boolean);
  if (names.length === 0) return;
  const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : '';
  warn(
    `no longer in [[file_sync]], but changed in the VM and therefore left there: ${names.slice(0, SHOWN_NAMES).join(', ')}${more}`,
  );
}

function firstLine(stderr: Buffer): string {
  return printable(stderr).trim().split('\n')[0] ?? '';
}

/** The guest's words: bounded, and nothing that a terminal would obey. */
function printable(output: Buffer): string {
  return output
    .subarray(0, 16_384)
    .toString('utf8')
    .replaceAll(/[^\P{C}\n]/gu, '?');
}
