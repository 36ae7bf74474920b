import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { Ssh2Client } from '../../../../src/core/ssh/index.js';
import type { SshConnection } from '../../../../src/core/ssh/index.js';
import { Sshd } from '../../ssh/support/sshd.js';
import { shell } from './workspace.js';
import type { WorkspaceBench } from './workspace.js';

export interface Answer {
  readonly head?: string;
  readonly branch?: string;
  readonly tree?: string;
  readonly pack?: Buffer;
}

type Entry = readonly [mode: string, name: string, id: string];

/** A guest that answers whatever it likes: over a real sshd, which runs a script of ours instead of what it is asked. */
export class HostileGuest {
  private constructor(
    readonly directory: string,
    readonly ssh: SshConnection,
    private readonly sshd: Sshd,
  ) {}

  static async start(bench: WorkspaceBench): Promise<HostileGuest> {
    const directory = join(bench.directory, 'hostile');
    await mkdir(directory);
    shell(directory, 'git init -q --bare .');
    const sshd = await Sshd.start([`ForceCommand exec bash ${directory}/answer`]);
    const ssh = await new Ssh2Client().connect(sshd.target, { timeoutMs: 10_000 });
    return new HostileGuest(directory, ssh, sshd);
  }

  async stop(): Promise<void> {
    this.ssh.close();
    await this.ssh.closed;
    await this.sshd.stop();
  }

  /** @param script bash, in the guest's directory */
  runs(script: string): void {
    writeFileSync(join(this.directory, 'answer'), `cd ${JSON.stringify(this.directory)}\n${script}\n`);
  }

  says({ head = '', branch = 'refs/heads/main', tree = '', pack = this.pack([]) }: Answer, more = ''): void {
    const header = `banger-work 1\nhead ${head}\nbranch ${branch}\ntree ${tree}\ninner 0\n\n`;
    writeFileSync(join(this.directory, 'bytes'), Buffer.concat([Buffer.from(header), pack]));
    this.runs(`cat bytes; cat >/dev/null; ${more}`);
  }

  blob(content: string | Buffer): string {
    return this.#write('blob', Buffer.from(content));
  }

  /** In the order given, whatever names and modes; a name is latin1. */
  tree(...entries: readonly Entry[]): string {
    return this.#write('tree', treeEntries(entries));
  }

  /** @param first what `treeEntries` has made, once for many trees */
  treeOf(first: Buffer, ...more: readonly Entry[]): string {
    return this.#write('tree', Buffer.concat([first, treeEntries(more)]));
  }

  commit(tree: string, parent?: string, message = 'work\n'): string {
    const by = 'Evil <evil@example.com> 1600000000 +0000';
    const parents = parent === undefined ? '' : `parent ${parent}\n`;
    return this.#write(
      'commit',
      Buffer.from(`tree ${tree}\n${parents}author ${by}\ncommitter ${by}\n\n${message}`),
    );
  }

  /** @param window in which deltas are looked for */
  pack(ids: readonly string[], window = 0): Buffer {
    const args = ['pack-objects', '-q', '--stdout', `--window=${window}`];
    return this.#git(args, Buffer.from(ids.map((id) => `${id}\n`).join('')));
  }

  #write(type: string, content: Buffer): string {
    return this.#git(['hash-object', '-t', type, '-w', '--stdin', '--literally'], content).toString().trim();
  }

  #git(args: readonly string[], input: Buffer): Buffer {
    return execFileSync('git', args, { cwd: this.directory, input, maxBuffer: 1 << 28 });
  }
}

/** As they are in a tree. */
export function treeEntries(entries: readonly Entry[]): Buffer {
  const parts = entries.map(([mode, name, id]) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(id, 'hex')]),
  );
  return Buffer.concat(parts);
}

/** A pack of objects as they are given, true or not: type 1 commit, 2 tree, 3 blob, 7 delta against `base`. */
export function rawPack(
  objects: readonly { type: number; size?: number; base?: string; data: Buffer }[],
  count = objects.length,
): Buffer {
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(count, 8);
  const parts = objects.map(({ type, data, size = data.length, base = '' }) =>
    Buffer.concat([entryHeader(type, size), Buffer.from(base, 'hex'), deflateSync(data)]),
  );
  const body = Buffer.concat([head, ...parts]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let byte = (type << 4) | (size & 15);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 128);
    byte = rest & 127;
  }
  return Buffer.from([...bytes, byte]);
}

/** Copies all of a base as often as is wanted. @param size of the base; `bytes`, at most 0xffffff */
export function copyingDelta(size: number, times: number): Buffer {
  const copy = Buffer.from([0xf0, size & 255, (size >> 8) & 255, (size >> 16) & 255]);
  return Buffer.concat([varint(size), varint(size * times), ...Array<Buffer>(times).fill(copy)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
