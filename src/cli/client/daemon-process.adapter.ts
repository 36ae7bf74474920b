import { closeSync, fstatSync, mkdirSync, openSync, readSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve as resolvePath } from 'node:path';
import type { DoctorReport } from '../../contract/system.dto.js';
import { BangerError } from '../../core/errors/index.js';
import type { ProcessFacts } from '../invocation.js';
import { DaemonProcess } from './daemon-process.js';
import type { DaemonChild, SignedCatalog, ThingDone } from './daemon-process.js';
import { reportedFailure } from './reported-failure.js';

const TAIL_BYTES = 8192;
/** that name places, from where the user is; the daemon is elsewhere */
const PLACE_VARIABLES = ['BANGER_CONFIG', 'BANGER_STATE_DIR', 'BANGER_RUNTIME_DIR'];

/** Runs the daemon's launcher with the node that runs the CLI. */
export class DaemonProcessAdapter extends DaemonProcess {
  constructor(private readonly facts: ProcessFacts) {
    super();
  }

  private get launcher(): string {
    return join(this.facts.rootDirectory, 'scripts/bangerd.sh');
  }

  private get env(): NodeJS.ProcessEnv {
    const { env, cwd } = this.facts;
    // an empty variable is as good as none, and stays empty
    const places = PLACE_VARIABLES.filter((name) => env[name]).map((name) => [
      name,
      resolvePath(cwd, env[name] ?? ''),
    ]);
    return { ...env, ...Object.fromEntries(places), BANGER_NODE: process.execPath };
  }

  override async start(logPath: string): Promise<DaemonChild> {
    // not at the top, where it costs every other command 3 ms; not by import(), which warns inside the code cache's loader
    const { spawn } = process.getBuiltinModule('node:child_process');
    const log = openLog(logPath);
    const from = fstatSync(log).size;
    const child = spawn('/bin/sh', [this.launcher], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: this.env,
    });
    const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
      child.once('error', () => resolve({ exitCode: null, signal: null }));
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    return {
      exited,
      logTail: () => readTail(log, from),
      release: () => {
        child.unref();
        closeSync(log);
      },
    };
  }

  override async doctor(): Promise<DoctorReport> {
    return (await this.ask(['doctor'], 'the checks of the host')) as DoctorReport;
  }

  override async repair(): Promise<ThingDone[]> {
    return ((await this.ask(['repair'], 'the repair')) as { did: ThingDone[] }).did;
  }

  override async createCatalogKey(path: string): Promise<{ readonly publicKey: string }> {
    return (await this.ask(['catalog', 'key', path], 'the making of the key')) as { publicKey: string };
  }

  override async signCatalog(directory: string, keyPath: string): Promise<SignedCatalog> {
    const words = ['catalog', 'sign', directory, keyPath];
    return (await this.ask(words, 'the signing of the catalog')) as SignedCatalog;
  }

  /** What the program prints when it is given these words. @param what it does, for messages */
  private async ask(words: readonly string[], what: string): Promise<unknown> {
    const { spawn } = process.getBuiltinModule('node:child_process');
    return await new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', [this.launcher, ...words], {
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: this.env,
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr
        .setEncoding('utf8')
        .on('data', (text: string) => (stderr = (stderr + text).slice(-TAIL_BYTES)));
      child.once('error', (cause) => reject(noReport({ words, what }, stderr, null, cause)));
      child.once('close', (exitCode) => {
        try {
          resolve(JSON.parse(stdout));
        } catch (cause) {
          reject(reportedFailure(stderr) ?? noReport({ words, what }, stderr, exitCode, cause));
        }
      });
    });
  }

  override builtAt(): number | undefined {
    return statSync(join(this.facts.rootDirectory, 'dist/.banger-build-stamp'), { throwIfNoEntry: false })
      ?.mtimeMs;
  }

  override isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }
}

/** The daemon's own log file; a nameless temporary file where that cannot be made, so that the reason still shows. */
function openLog(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'a+', 0o600);
  } catch {
    const spare = join(tmpdir(), `banger-start-${process.pid}.log`);
    const descriptor = openSync(spare, 'wx+', 0o600);
    unlinkSync(spare);
    return descriptor;
  }
}

function readTail(descriptor: number, from: number): string {
  const { size } = fstatSync(descriptor);
  // a daemon that finds a large log empties it
  const start = Math.max(size < from ? 0 : from, size - TAIL_BYTES);
  const buffer = Buffer.alloc(Math.max(0, size - start));
  readSync(descriptor, buffer, 0, buffer.length, start);
  return buffer.toString('utf8');
}

function noReport(
  { words, what }: { readonly words: readonly string[]; readonly what: string },
  stderrTail: string,
  exitCode: number | null,
  cause: unknown,
): BangerError<'PROCESS_FAILED'> {
  return new BangerError('PROCESS_FAILED', `${what} could not be run`, {
    details: {
      file: 'scripts/bangerd.sh',
      args: [...words],
      exitCode,
      signal: null,
      stderrTail,
    },
    why: 'the program for it gave no answer',
    fix: 'build banger again: ./banger quickstart',
    cause,
  });
}
