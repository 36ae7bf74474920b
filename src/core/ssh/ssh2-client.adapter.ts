import { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { Client, ClientChannel, ConnectConfig } from 'ssh2';
import { cancellation } from '../errors/index.js';
import type { BangerError } from '../errors/index.js';
import { SshClient } from './ssh-client.js';
import type { SshChannel, SshCommand, SshConnection, SshTarget } from './ssh-client.js';
import { SshConnectError } from './ssh-errors.js';
import type { SshFailureReason } from './ssh-errors.js';
import { bytesOfText } from '../text-bytes.js';
import { Ssh2Channel } from './ssh2-channel.adapter.js';

/** a connection to a guest that went away without a word is given up after four of these */
const KEEPALIVE_INTERVAL_MS = 15_000;
const KEEPALIVE_COUNT = 4;

const WHAT = 'connecting to the guest';
const HUNG_UP = 'it closed the connection before the login was done';

/** Measured: AES-GCM is the fastest in Node without an addon, and curve25519 the fastest exchange. */
const ALGORITHMS: NonNullable<ConnectConfig['algorithms']> = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes128-ctr'],
  compress: ['none'],
};

@Injectable()
export class Ssh2Client extends SshClient {
  async connect(
    target: SshTarget,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<SshConnection> {
    // ssh2 costs memory and start-up time; a daemon without running VMs never pays for it.
    const { default: ssh2 } = await import('ssh2');
    if (signal?.aborted === true) throw cancellation(signal, WHAT);
    return new Promise((resolve, reject) => {
      const client = new ssh2.Client();
      const socket = new Socket();
      const label = labelOf(target);
      let wrongHostKey = false;
      const abort = (): void => fail(cancellation(signal, WHAT));
      const fail = (error: BangerError): void => {
        signal?.removeEventListener('abort', abort);
        client.destroy();
        socket.destroy();
        reject(error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      client.on('error', (error) => fail(connectFailure(error, label, { wrongHostKey, socket })));
      client.once('close', () => fail(new SshConnectError('unreachable', label, { why: HUNG_UP })));
      client.once('ready', () => {
        signal?.removeEventListener('abort', abort);
        resolve(new Ssh2Connection(client, label));
      });
      connectSocket(socket, target);
      client.connect({
        ...configOf(target, timeoutMs),
        sock: socket,
        hostVerifier: (key: Buffer) => {
          wrongHostKey = !isPinned(key, target.hostKey);
          return !wrongHostKey;
        },
      });
    });
  }
}

function connectSocket(socket: Socket, { host, port }: SshTarget): void {
  // ssh2 adds a listener for each channel.
  socket.setMaxListeners(0);
  socket.connect({ host, port });
  // ssh2 leaves Nagle on: 44 ms instead of 0.25 ms for each keystroke, 208 instead of 36 ms to connect.
  socket.setNoDelay(true);
}

function configOf({ username, privateKey }: SshTarget, readyTimeout: number): ConnectConfig {
  return {
    username,
    privateKey,
    algorithms: ALGORITHMS,
    // By default it asks for none first: a round trip, of which each costs an emulated guest 15 ms or more.
    authHandler: ['publickey'],
    readyTimeout,
    keepaliveInterval: KEEPALIVE_INTERVAL_MS,
    keepaliveCountMax: KEEPALIVE_COUNT,
  };
}

class Ssh2Connection implements SshConnection {
  readonly closed: Promise<void>;
  readonly #client: Client;
  readonly #label: string;
  /** opens that wait for an answer: ssh2 forgets them when the connection breaks */
  readonly #opening = new Set<(error: SshConnectError) => void>();
  #isClosed = false;

  constructor(client: Client, label: string) {
    this.#client = client;
    this.#label = label;
    this.closed = new Promise((resolve) => {
      client.once('close', () => {
        this.#isClosed = true;
        for (const reject of this.#opening) reject(new SshConnectError('lost', label));
        this.#opening.clear();
        resolve();
      });
    });
  }

  open({ line, terminal }: SshCommand): Promise<SshChannel> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new SshConnectError('lost', this.#label));
      this.#opening.add(reject);
      const done = (error: Error | undefined, channel: ClientChannel): void => {
        this.#opening.delete(reject);
        if (error === undefined) return resolve(new Ssh2Channel(channel, this.#label));
        const reason = this.#isClosed ? 'lost' : 'refused-channel';
        reject(new SshConnectError(reason, this.#label, { why: error.message, cause: error }));
      };
      const pty =
        terminal === undefined
          ? undefined
          : { cols: terminal.columns, rows: terminal.rows, term: terminal.term };
      try {
        if (line === undefined) this.#client.shell(pty ?? false, done);
        else this.#client.exec(commandOf(line), pty === undefined ? {} : { pty }, done);
      } catch (error) {
        this.#opening.delete(reject);
        // ssh2 throws when the socket can no longer be written.
        reject(new SshConnectError('lost', this.#label, { cause: error }));
      }
    });
  }

  close(): void {
    this.#client.end();
    // end() waits for the peer, and a paused guest never answers.
    this.#client.destroy();
  }
}

/** ssh2 sends a Buffer as it is, which its types do not know. */
function commandOf(line: string): string {
  return bytesOfText(line) as unknown as string;
}

function labelOf(target: SshTarget): string {
  return target.label ?? `${target.host}:${target.port}`;
}

function isPinned(key: Buffer, pinned: string): boolean {
  const [type, encoded] = pinned.trim().split(/\s+/);
  return type === 'ssh-ed25519' && encoded !== undefined && key.equals(Buffer.from(encoded, 'base64'));
}

interface Ssh2Error extends Error {
  /** set by ssh2: `client-socket`, `client-timeout`, `client-authentication`, `handshake`, `protocol`, … */
  level?: string;
}

interface AttemptFacts {
  readonly wrongHostKey: boolean;
  readonly socket: Socket;
}

function connectFailure(error: Ssh2Error, label: string, facts: AttemptFacts): SshConnectError {
  return new SshConnectError(reasonOf(error, facts), label, { why: error.message, cause: error });
}

function reasonOf({ level }: Ssh2Error, { wrongHostKey, socket }: AttemptFacts): SshFailureReason {
  if (wrongHostKey) return 'host-key';
  // To ssh2 a peer that hangs up without a word breaks the protocol; it is a guest whose sshd is not up yet.
  if (socket.bytesRead === 0) return 'unreachable';
  if (level === 'client-authentication') return 'authentication';
  if (level === 'handshake' || level === 'protocol') return 'protocol';
  return 'unreachable';
}
