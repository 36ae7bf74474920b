import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { childEnvironment, Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { RunRequest, RunResult } from '../../core/process/index.js';
import type { BuildSite } from '../build/build-plan.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import { ImageFiles } from '../store/image-files.js';
import { SiteLeftovers } from '../store/site-leftovers.js';
import { confined, enterTree, TREE_IDS } from './confinement.js';
import { MAKE_DISKS, UNPACK } from './tree-scripts.js';

const TIMEOUT_MS = 60 * 60_000;
const PROGRAM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The file system of an image while it is being made: a directory whose owners are ids of its own user namespace. */
export interface Tree {
  readonly site: BuildSite;
  readonly path: string;
  /** the directory beside it that its programs may write to */
  readonly output: string;
}

/** A program of the tree's own. */
export interface TreeProgram {
  /** for the tree's /bin/sh, which is run as root of the tree */
  readonly script: string;
  readonly args?: readonly string[];
  /** beside PATH, HOME and LANG */
  readonly env?: Readonly<Record<string, string>>;
  /** path on the host of what it finds as /etc/resolv.conf; the host's own when left out */
  readonly resolvConf?: string;
  readonly stdin?: RunRequest['stdin'];
  readonly onLine?: RunRequest['onLine'];
}

/** Works on trees, as root of their namespaces and as nobody else. */
@Injectable()
export class Trees {
  constructor(
    private readonly config: Config,
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
    private readonly leftovers: SiteLeftovers,
  ) {}

  /** An empty one. It goes with the site; {@link discard} takes it away before. */
  async make(site: BuildSite): Promise<Tree> {
    const place = await this.leftovers.makeTemporaryDirectory(site.directory);
    // on the site's own file system, so that what is made there is only renamed; without root the site is the user's
    const output = this.#mode === 'root' ? `${place}/output` : `${site.directory}/output`;
    const tree = { site, path: `${place}/tree`, output };
    const owner = this.#mode === 'root' ? TREE_IDS.first : undefined;
    for (const path of [tree.path, tree.output]) await this.files.makeOwnedDirectory(path, owner);
    return tree;
  }

  /** Unpacks a tar archive into it: a file, or what comes on a stream. */
  async unpack(tree: Tree, archive: string | Buffer | Readable): Promise<void> {
    const isPath = typeof archive === 'string';
    const command = ['sh', '-c', UNPACK, 'banger-unpack', tree.path, isPath ? archive : '-'];
    await this.#run(tree, command, isPath ? {} : { stdin: archive });
  }

  /** Runs a program of the tree's own in it. @throws ProcessFailedError; with exit status 127 it has no shell */
  enter(tree: Tree, program: TreeProgram): Promise<RunResult> {
    const command = [...enterTree(tree.path), program.script, ...(program.args ?? [])];
    const given = program.resolvConf === undefined ? {} : { BANGER_RESOLV_CONF: program.resolvConf };
    const env = { PATH: PROGRAM_PATH, HOME: '/root', LANG: 'C.UTF-8', ...program.env, ...given };
    const { stdin, onLine } = program;
    return this.#run(tree, command, { env, ...(stdin && { stdin }), ...(onLine && { onLine }) });
  }

  /**
   * Lays files on a tree whose links may lead anywhere: its own tar unpacks them, to which there is nothing outside.
   * The tree has a shell and tar by then.
   */
  async lay(tree: Tree, archive: string | Buffer): Promise<void> {
    const script = 'tar -C / -p --numeric-owner -xf -';
    const stdin = typeof archive === 'string' ? this.files.stream(archive) : archive;
    await this.enter(tree, { script, stdin });
  }

  /** Runs a script of banger's own over it, which gets the paths of tree and output as $1 and $2, then the arguments. */
  over(tree: Tree, script: string, args: readonly string[] = []): Promise<RunResult> {
    return this.#run(tree, ['sh', '-c', script, 'banger-tree', tree.path, tree.output, ...args], {});
  }

  /** Writes `root.ext4` and `work.ext4` to its site. */
  async makeDisks(tree: Tree, sizes: { rootBytes: number; workBytes: number }): Promise<void> {
    await this.over(tree, MAKE_DISKS, [`${sizes.rootBytes / 1024}K`, `${sizes.workBytes / 1024}K`]);
    for (const name of [IMAGE_FILES.root, IMAGE_FILES.work]) await this.take(tree, name, name);
  }

  /** A file of the output becomes one of the site, the daemon's own. */
  async take(tree: Tree, name: string, as: string): Promise<void> {
    await this.files.takeOver(`${tree.output}/${name}`, `${tree.site.directory}/${as}`);
  }

  async discard(tree: Tree): Promise<void> {
    await this.leftovers.clear(tree.site.directory);
    await this.files.remove(tree.output);
  }

  #run({ site }: Tree, command: readonly string[], request: Partial<RunRequest>): Promise<RunResult> {
    const [file = '', ...args] = confined(command, this.#mode);
    return this.processes.run({
      env: childEnvironment(),
      onLine: (line) => site.output(line),
      ...request,
      file,
      args,
      cwd: '/',
      signal: site.signal,
      timeoutMs: TIMEOUT_MS,
    });
  }

  get #mode(): 'root' | 'user' {
    return this.config.values.mode;
  }
}
