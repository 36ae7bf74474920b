import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { access, open } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { childEnvironment } from '../config/index.js';
import {
  BangerError,
  cancellation,
  InternalError,
  PermissionDeniedError,
  TimeoutError,
} from '../errors/index.js';
import {
  findCommandLines,
  readChildIdentitySync,
  readIdentity,
  readResidentBytes,
} from './proc-files.adapter.js';
import { HostBinaryMissingError, OutputTooLargeError, ProcessFailedError } from './process-errors.js';
import { endProcessGroup } from './process-group.adapter.js';
import { ProcessRunner } from './process-runner.js';
import type {
  DetachedProcess,
  DetachedRequest,
  FoundProcess,
  ProcessIdentity,
  RunRequest,
  RunResult,
} from './process-runner.js';
import { ChildOutput, exitOf, feed } from './run-child.adapter.js';

const EXIT_POLL_MIN_MS = 10;
const EXIT_POLL_MAX_MS = 250;
const REAP_LIMIT_MS = 1_000;

@Injectable()
export class NodeProcessRunner extends ProcessRunner {
  async run(request: RunRequest): Promise<RunResult> {
    if (request.signal?.aborted === true) throw cancellation(request.signal, request.file);
    const child = await start(request, {
      ...placement(request),
      stdio: [request.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const exited = exitOf(child);
    const stop = Promise.withResolvers<BangerError>();
    const output = new ChildOutput(child, request, () =>
      stop.resolve(new OutputTooLargeError(request.file, output.stdout.maxBytes)),
    );
    const release = watchLimits(request, stop.resolve);
    if (request.stdin !== undefined && child.stdin !== null) {
      feed(child.stdin, request.stdin).catch((error: unknown) =>
        stop.resolve(new InternalError(`the input of ${request.file} failed`, error)),
      );
    }
    try {
      const ended = await Promise.race([exited, stop.promise]);
      if (ended instanceof BangerError) {
        await endProcessGroup(pidOf(child));
        // Node reaps the zombie; a child stuck in the kernel must not hold its caller for ever.
        await Promise.race([exited, delay(REAP_LIMIT_MS)]);
        throw ended;
      }
      await output.drain();
      // The bound may have been passed by the very last bytes.
      if (output.stdout.overflowed) throw new OutputTooLargeError(request.file, output.stdout.maxBytes);
      const stderrTail = output.stderr.toString();
      const stdout = output.stdout.toBuffer();
      if (ended.exitCode === 0) return { stdout, stderrTail };
      throw new ProcessFailedError({ file: request.file, args: request.args, ...ended, stderrTail }, stdout);
    } finally {
      release();
      child.stdin?.destroy();
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
  }

  async spawnDetached(request: DetachedRequest): Promise<DetachedProcess> {
    const log = await open(request.logPath, 'a', 0o600);
    try {
      let identity: ProcessIdentity | undefined;
      const child = await start(
        request,
        { ...placement(request), stdio: ['ignore', log.fd, log.fd, ...(request.inherit ?? [])] },
        (pid) => {
          identity = readChildIdentitySync(pid, request.file);
          giveWay(pid, request.niceness);
        },
      );
      const exited = exitOf(child);
      child.unref();
      if (identity === undefined)
        throw new InternalError(`no identity of the process ${pidOf(child)} in /proc`);
      return { identity, exited };
    } finally {
      await log.close();
    }
  }

  identify(pid: number): Promise<ProcessIdentity | undefined> {
    return readIdentity(pid);
  }

  async isAlive(identity: ProcessIdentity): Promise<boolean> {
    const now = await readIdentity(identity.pid);
    return (
      now !== undefined && now.startTicks === identity.startTicks && now.executable === identity.executable
    );
  }

  async signal(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
    if (!(await this.isAlive(identity))) return false;
    try {
      return process.kill(identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw new PermissionDeniedError(`process ${identity.pid}`, 'signal', error);
    }
  }

  async waitForExit(
    identity: ProcessIdentity,
    { signal, timeoutMs = Infinity }: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    for (
      let pause = EXIT_POLL_MIN_MS;
      await this.isAlive(identity);
      pause = Math.min(pause * 1.5, EXIT_POLL_MAX_MS)
    ) {
      if (signal?.aborted === true || performance.now() >= deadline) return false;
      await delay(pause, undefined, { ...(signal !== undefined && { signal }), ref: true }).catch(
        () => undefined,
      );
    }
    return true;
  }

  async findByArgument(argument: string): Promise<ProcessIdentity[]> {
    return (await this.findByArguments((argv) => argv.includes(argument))).map(({ identity }) => identity);
  }

  async findByArguments(wanted: (argv: readonly string[]) => boolean): Promise<FoundProcess[]> {
    const found = await Promise.all(
      (await findCommandLines(wanted)).map(async ({ pid, argv }) => {
        const identity = await readIdentity(pid);
        return identity === undefined
          ? undefined
          : { identity, argv, memoryBytes: await readResidentBytes(pid) };
      }),
    );
    return found.filter((process) => process !== undefined);
  }
}

type Placement = Pick<RunRequest, 'cwd' | 'env' | 'uid' | 'gid'>;

/** Every program gets a session, and so a process group, of its own: it can be ended as a whole and no terminal reaches it. */
function placement({ cwd, env, uid, gid }: Placement): SpawnOptions {
  return {
    detached: true,
    env: env ?? childEnvironment(),
    ...(cwd !== undefined && { cwd }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  };
}

async function start(
  request: Placement & { file: string; args: readonly string[] },
  options: SpawnOptions,
  onSpawn?: (pid: number) => void,
): Promise<ChildProcess> {
  let child: ChildProcess;
  try {
    child = spawn(request.file, request.args, options);
  } catch (error) {
    throw await startFailure(request, error);
  }
  if (child.pid !== undefined) {
    onSpawn?.(child.pid);
    return child;
  }
  const error: unknown = await new Promise((resolve) => child.once('error', resolve));
  throw await startFailure(request, error);
}

/** In the tick of the start: the threads that a program starts later inherit it. A child that is gone already needs none. */
function giveWay(pid: number, niceness: number | undefined): void {
  if (niceness === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // ESRCH
  }
}

/** ENOENT of spawn may mean the program or its working directory. */
async function startFailure(request: { file: string; cwd?: string }, error: unknown): Promise<BangerError> {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const missing =
      request.cwd === undefined
        ? false
        : await access(request.cwd).then(
            () => false,
            () => true,
          );
    if (missing) return new InternalError(`the working directory ${request.cwd} does not exist`, error);
    return new HostBinaryMissingError(request.file);
  }
  if (code === 'EACCES' || code === 'EPERM') return new PermissionDeniedError(request.file, 'execute', error);
  return new InternalError(`${request.file} cannot be started: ${(error as Error).message}`, error);
}

/** Calls `stop` once when the caller gives up or the time is over; returns what ends the watch. */
function watchLimits(request: RunRequest, stop: (error: BangerError) => void): () => void {
  const { signal, timeoutMs, file } = request;
  const onAbort = (): void => stop(cancellation(signal, file));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => stop(new TimeoutError(file, timeoutMs)), timeoutMs);
  return () => {
    signal?.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new InternalError('a started child has no pid');
  return child.pid;
}
