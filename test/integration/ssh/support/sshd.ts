import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSshKeyPair } from '../../../../src/core/ssh/index.js';
import type { SshKeyPair, SshTarget } from '../../../../src/core/ssh/index.js';
import { freePort } from '../../../support/free-port.js';

const SSHD = '/usr/sbin/sshd';

/** Why no real SSH server can be had here, or undefined when one can. */
export function whyNoSshd(): string | undefined {
  if (!existsSync(SSHD)) return `${SSHD} is missing (apt install openssh-server)`;
  if (process.getuid?.() !== 0) return 'sshd lets other users in only when it runs as root';
  return undefined;
}

/** Debian's sshd on a loopback port, with keys of its own; nothing of the host's configuration is used. */
export class Sshd {
  private constructor(
    readonly directory: string,
    readonly port: number,
    readonly userKey: SshKeyPair,
    readonly hostKey: SshKeyPair,
    private child: ChildProcess | undefined,
    private readonly extra: readonly string[],
  ) {}

  static async start(extra: readonly string[] = []): Promise<Sshd> {
    const directory = await mkdtemp(join(tmpdir(), 'banger-sshd-'));
    // Debian's sshd insists on it; on a machine with systemd it is there.
    await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    const [userKey, hostKey] = await Promise.all([generateSshKeyPair('user'), generateSshKeyPair('host')]);
    const sshd = new Sshd(directory, await freePort(), userKey, hostKey, undefined, extra);
    await sshd.resume();
    return sshd;
  }

  get target(): SshTarget {
    return {
      host: '127.0.0.1',
      port: this.port,
      username: 'root',
      privateKey: this.userKey.privateKey,
      hostKey: this.hostKey.publicKey,
    };
  }

  async resume(): Promise<void> {
    await writeFile(join(this.directory, 'host_key'), this.hostKey.privateKey, { mode: 0o600 });
    await writeFile(join(this.directory, 'authorized_keys'), `${this.userKey.publicKey}\n`);
    await writeFile(
      join(this.directory, 'sshd_config'),
      [
        `Port ${this.port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${this.directory}/host_key`,
        `AuthorizedKeysFile ${this.directory}/authorized_keys`,
        'PidFile none',
        'StrictModes no',
        'PermitRootLogin prohibit-password',
        'PasswordAuthentication no',
        'UsePAM no',
        'PrintMotd no',
        ...this.extra,
        '',
      ].join('\n'),
    );
    this.child = spawn(SSHD, ['-D', '-e', '-f', join(this.directory, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await untilListening(this.child);
  }

  /** Ends the server; what runs on its connections loses them only by `stopWithSessions`. */
  async pause(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exited;
  }

  async stop(): Promise<void> {
    await this.pause();
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function untilListening(child: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${log}`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Server listening on')) resolve();
    });
  });
}
