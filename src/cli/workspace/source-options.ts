import { Option } from 'nest-commander';
import type { WorkspaceMode } from '../../contract/names.js';
import type { WorkspaceSource } from '../../contract/vm.dto.js';
import { BangerCommand } from '../command/banger-command.js';
import { UsageError } from '../usage-error.js';
import {
  parseBranchName,
  parseDepth,
  parseGuestDirectory,
  parseMode,
  parsePattern,
  parseRevision,
} from './parse.js';

export interface WorkspaceSourceOptions {
  at?: string;
  branch?: string;
  from?: string;
  mode?: WorkspaceMode;
  depth?: number;
  includeUntracked?: boolean;
  exclude?: string[];
  readonly?: boolean;
  /** false with --no-project */
  project?: boolean;
}

/** What only makes sense with a repository, and how the command line calls it. */
const OF_A_REPOSITORY = {
  at: '--at',
  branch: '--branch',
  from: '--from',
  mode: '--mode',
  depth: '--depth',
  includeUntracked: '--include-untracked',
  exclude: '--exclude',
  readonly: '--readonly',
} as const;

/** The options of all commands that bring a repository into a VM: how it goes in. */
export abstract class WorkspaceSourceCommand<
  Options extends WorkspaceSourceOptions,
> extends BangerCommand<Options> {
  @Option({ flags: '--at <dir>', description: 'where it comes to lie in the VM (default: /root/NAME)' })
  parseAt(value: string): string {
    return parseGuestDirectory('--at', value);
  }

  @Option({ flags: '--branch <name>', description: 'make this branch in the VM and check it out there' })
  parseBranch(value: string): string {
    return parseBranchName('--branch', value);
  }

  @Option({
    flags: '--from <ref>',
    description: 'commit, branch or tag to bring in, instead of what is checked out',
  })
  parseFrom(value: string): string {
    return parseRevision('--from', value);
  }

  @Option({
    flags: '--mode <mode>',
    description: 'history that goes in: shallow, full, or metadata for none (default: shallow)',
  })
  parseMode(value: string): WorkspaceMode {
    return parseMode('--mode', value);
  }

  @Option({ flags: '--depth <n>', description: 'commits of history in mode shallow (default: 1)' })
  parseDepth(value: string): number {
    return parseDepth('--depth', value);
  }

  @Option({ flags: '--include-untracked', description: 'with files that git does not track (the default)' })
  parseIncludeUntracked(): boolean {
    return true;
  }

  @Option({ flags: '--no-include-untracked', description: 'without files that git does not track' })
  parseNoIncludeUntracked(): boolean {
    return false;
  }

  @Option({
    flags: '--exclude <glob>',
    description: 'leave files out, by a pattern as in .gitignore (repeatable)',
  })
  parseExclude(value: string, previous: string[] = []): string[] {
    return [...previous, parsePattern('--exclude', value)];
  }

  @Option({ flags: '--readonly', description: 'nothing in the VM may write the repository' })
  parseReadonly(): boolean {
    return true;
  }

  @Option({ flags: '--no-project', description: 'leave the repository’s .banger.toml out of account' })
  parseProject(): boolean {
    return false;
  }

  /** @throws UsageError */
  protected workspaceSource(path: string, options: WorkspaceSourceOptions): WorkspaceSource {
    const { at, branch, from, mode, depth, includeUntracked, exclude, readonly, project } = options;
    if (depth !== undefined && mode !== undefined && mode !== 'shallow')
      throw new UsageError(
        `--depth cannot be given with --mode ${mode}: it is the history of mode shallow`,
        'leave one of them out',
      );
    return {
      path: this.absolute(path),
      ...(project === false && { projectFile: false }),
      ...(at !== undefined && { at }),
      ...(branch !== undefined && { branch }),
      ...(from !== undefined && { from }),
      ...(mode !== undefined && { mode }),
      ...(depth !== undefined && { depth }),
      ...(includeUntracked !== undefined && { includeUntracked }),
      ...(exclude !== undefined && { exclude }),
      ...(readonly === true && { readonly }),
    };
  }

  /** Without PATH there is nothing that they could be about. @throws UsageError */
  protected requireNoSource(options: WorkspaceSourceOptions): void {
    const given = Object.entries(OF_A_REPOSITORY).flatMap(([key, option]) =>
      options[key as keyof typeof OF_A_REPOSITORY] === undefined ? [] : [option],
    );
    if (given.length === 0) return;
    throw new UsageError(
      `${given.join(', ')} cannot be given without PATH: there is no repository to bring in`,
      'name one, such as . for the one that you are in',
    );
  }

  private absolute(path: string): string {
    if (path === '')
      throw new UsageError(
        'PATH is empty',
        'write . for the directory that you are in; for a VM without a repository leave PATH out',
      );
    return path.startsWith('/') ? path : `${this.invocation.facts.cwd}/${path}`;
  }
}
