import type { Readable, Writable } from 'node:stream';
import type { TerminalRequest, TerminalSize } from '../../contract/index.js';

export interface SshTarget {
  /** how messages name the machine; `host:port` when left out */
  readonly label?: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** private key, OpenSSH format */
  readonly privateKey: string;
  /** pinned host key as in an authorized_keys line: `ssh-ed25519 AAAA…`; any other is refused */
  readonly hostKey: string;
}

export interface SshCommand {
  /** line for the guest's shell, already quoted, which gets its `bytesOfText`; a login shell when undefined */
  readonly line?: string;
  readonly terminal?: TerminalRequest;
}

/** `signal` is a name without SIG. 255 and null when the connection broke before the command ended. */
export interface SshExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** set when the connection broke, or the channel was closed from here, before the command ended */
  readonly cutOff?: true;
}

/** One command or shell on a connection. */
export interface SshChannel {
  /** ends the command's stdin when ended; respects back-pressure */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** settles when the command has ended; never waits for a background child that keeps the pipes */
  readonly exited: Promise<SshExit>;
  resize(size: TerminalSize): void;
  /** name without SIG */
  signal(name: string): void;
  close(): void;
}

export interface SshConnection {
  /** resolves when the connection has ended, for whatever reason; never rejects */
  readonly closed: Promise<void>;
  /** Starts a command. @throws SshConnectError (reason `lost` or `refused-channel`) */
  open(command: SshCommand): Promise<SshChannel>;
  close(): void;
}

/** Opens SSH connections, by ssh2. */
export abstract class SshClient {
  /**
   * Connects once and authenticates. Does not retry by itself.
   * @throws SshConnectError (refused, reset, wrong host key, authentication) — its `retryable` says whether waiting may help
   */
  abstract connect(
    target: SshTarget,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<SshConnection>;
}
