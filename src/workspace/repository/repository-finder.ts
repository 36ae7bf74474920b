import { Injectable } from '@nestjs/common';
import { ProcessFailedError, ProcessRunner } from '../../core/process/index.js';
import { Git } from '../git/git.js';
import type { GitUser } from '../git/git.js';
import { WorkspaceFiles } from './workspace-files.adapter.js';
import type { DirectoryFacts } from './workspace-files.adapter.js';
import { WorkspaceNotARepositoryError, WorkspacePathInvalidError } from '../workspace.errors.js';

/** A repository of the host with a working tree. */
export interface Repository {
  readonly git: Git;
  /** top directory of the working tree, links resolved */
  readonly top: string;
  /** of this working tree: index, HEAD; a linked one has its own */
  readonly gitDirectory: string;
  /** shared by all working trees: objects, info */
  readonly commonDirectory: string;
  /** path of the directory that was asked for below `top`; empty for `top` itself */
  readonly subdirectory: string;
  readonly objectFormat: string;
}

export interface HeadFacts {
  readonly commit?: string;
  /** full name of the ref that HEAD points to; none when detached */
  readonly ref?: string;
}

const NO_WORKING_TREE =
  'it is inside a .git directory, a bare repository, or one whose working tree is elsewhere';

@Injectable()
export class RepositoryFinder {
  constructor(
    private readonly runner: ProcessRunner,
    private readonly files: WorkspaceFiles,
  ) {}

  /** @throws WorkspacePathInvalidError, WorkspaceNotARepositoryError */
  async find(path: string, signal: AbortSignal): Promise<Repository> {
    const directory = await this.files.resolveDirectory(path);
    const top = await this.files.findTop(directory);
    if (top === undefined) throw await this.#noRepository(path, directory);
    const git = new Git(this.runner, top.path, await this.#userOf(top, signal));
    const facts = await this.#describe(path, git, directory, signal);
    return {
      git,
      top: top.path,
      ...facts,
      subdirectory: directory === top.path ? '' : directory.slice(top.path === '/' ? 1 : top.path.length + 1),
    };
  }

  async head({ git }: Repository, signal: AbortSignal): Promise<HeadFacts> {
    const [commit, ref] = await Promise.all([
      git.query(['rev-parse', '-q', '--verify', 'HEAD^{commit}'], signal),
      git.query(['symbolic-ref', '-q', 'HEAD'], signal),
    ]);
    return { ...(commit !== undefined && { commit }), ...(ref !== undefined && { ref }) };
  }

  async #describe(
    path: string,
    git: Git,
    directory: string,
    signal: AbortSignal,
  ): Promise<Pick<Repository, 'gitDirectory' | 'commonDirectory' | 'objectFormat'>> {
    // Of paths the last line break alone is git's; so one path a call, and the other facts before it.
    const ask = async (...questions: string[]): Promise<string> =>
      (await git.run(['-C', directory, 'rev-parse', ...questions], { signal })).toString('utf8').slice(0, -1);
    try {
      const [facts, common] = await Promise.all([
        ask('--is-inside-work-tree', '--show-object-format', '--absolute-git-dir'),
        ask('--path-format=absolute', '--git-common-dir'),
      ]);
      const [inside, objectFormat = 'sha1', ...gitDirectory] = facts.split('\n');
      if (inside !== 'true') throw new WorkspacePathInvalidError(path, NO_WORKING_TREE);
      requireTop(path, git.directory, await ask('--show-toplevel'));
      return { objectFormat, gitDirectory: gitDirectory.join('\n'), commonDirectory: common };
    } catch (error) {
      if (!(error instanceof ProcessFailedError)) throw error;
      // git's own words: a damaged repository, one that belongs to somebody else, a directory its owner cannot enter.
      throw new WorkspacePathInvalidError(path, error.details.stderrTail.trim() || error.message, {
        cause: error,
      });
    }
  }

  async #noRepository(
    path: string,
    directory: string,
  ): Promise<WorkspaceNotARepositoryError | WorkspacePathInvalidError> {
    const parts = await Promise.all(
      ['HEAD', 'objects', 'refs'].map((name) => this.files.exists(`${directory}/${name}`)),
    );
    if (!parts.every(Boolean)) return new WorkspaceNotARepositoryError(path);
    return new WorkspacePathInvalidError(path, 'it is a bare repository, without a working tree', {
      fix: 'clone it first, and give the clone: git clone',
    });
  }

  async #userOf(top: DirectoryFacts, signal: AbortSignal): Promise<GitUser> {
    const { daemon } = this.files;
    const isRoot = daemon.uid === 0;
    const uid = isRoot ? top.uid : daemon.uid;
    const entry = await this.#passwdEntry(uid, signal);
    if (!isRoot) return { home: entry?.home ?? '/nonexistent' };
    // The owner's own group: the directory's may be one that the owner is not in.
    return { uid, gid: entry?.gid ?? top.gid, home: entry?.home ?? '/nonexistent' };
  }

  async #passwdEntry(uid: number, signal: AbortSignal): Promise<{ gid: number; home: string } | undefined> {
    const { daemon } = this.files;
    if (uid === daemon.uid) return { gid: daemon.gid, home: daemon.homedir };
    try {
      const { stdout } = await this.runner.run({ file: 'getent', args: ['passwd', String(uid)], signal });
      const [, , , gid = '', , home = ''] = stdout.toString('utf8').split(':');
      return { gid: Number(gid), home };
    } catch (error) {
      if (error instanceof ProcessFailedError) return undefined;
      throw error;
    }
  }
}

/**
 * git passes over a `.git` that is not whole and takes the repository around it, and config can put the working tree
 * elsewhere: what git then tells is of other files than those at `top`.
 */
function requireTop(path: string, top: string, topOfGit: string): void {
  if (topOfGit === top) return;
  throw new WorkspacePathInvalidError(
    path,
    `the nearest .git is in ${top}, but the working tree that git finds from there is ${topOfGit}`,
    { fix: `take the .git of ${top} away or make it whole (git init), or unset core.worktree in it` },
  );
}
