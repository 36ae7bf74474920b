import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a root file system has at least that was made to be a guest. */
export const GUEST_TREE = {
  'usr/lib/banger/banger-guest': '#!/bin/sh\n',
  'usr/lib/os-release': 'PRETTY_NAME="Mine 1"\n',
  'etc/hello': 'hello',
};

type Files = Readonly<Record<string, string>>;

/** Files that a user may have on the host, which everybody may read. */
export class UsersFiles {
  readonly directory = mkdtempSync(join(tmpdir(), 'bgr-register-'));
  #number = 0;

  constructor() {
    chmodSync(this.directory, 0o755);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, content: string | Buffer): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  tree(files: Files): string {
    this.#number += 1;
    const tree = this.path(`tree-${this.#number}`);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), content);
    }
    return tree;
  }

  ext4(files: Files = GUEST_TREE): string {
    const tree = this.tree(files);
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', tree, `${tree}.any-name`, '32M']);
    return `${tree}.any-name`;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
