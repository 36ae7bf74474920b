import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../../../support/free-port.js';
import { endProcess } from '../../../../support/processes.js';

export const USER = 'ada';
export const PASSWORD = 'correct horse';
/** bcrypt, as docker-registry wants it */
const HTPASSWD = `${USER}:$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2\n`;

const run = promisify(execFile);

/** Debian's docker-registry on a port of the loopback, with its data in a directory of the test. */
export class DockerRegistry {
  private constructor(
    /** `127.0.0.1:PORT` */
    readonly name: string,
    private readonly process: ChildProcess,
    private readonly log: string[],
    private readonly login: readonly string[],
  ) {}

  static async start(directory: string, options: { login?: boolean } = {}): Promise<DockerRegistry> {
    const port = await freePort();
    const passwords = join(directory, 'htpasswd');
    await writeFile(passwords, HTPASSWD);
    const config = join(directory, 'registry.yml');
    await writeFile(
      config,
      JSON.stringify({
        version: '0.1',
        storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
        http: { addr: `127.0.0.1:${port}` },
        ...(options.login === true && { auth: { htpasswd: { realm: 'test', path: passwords } } }),
      }),
    );
    const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    const log: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
    const login = options.login === true ? ['--dest-creds', `${USER}:${PASSWORD}`] : [];
    const registry = new DockerRegistry(`127.0.0.1:${port}`, child, log, login);
    await registry.#untilUp();
    return registry;
  }

  /** @param layout `oci:DIRECTORY:TAG` @param name `REPOSITORY:TAG` */
  async push(layout: string, name: string): Promise<void> {
    await run('skopeo', [
      ...['copy', '--all', '--preserve-digests', '--dest-tls-verify=false', '--insecure-policy'],
      ...this.login,
      layout,
      `docker://${this.name}/${name}`,
    ]);
  }

  /** Lines of the access log so far that have this text. */
  requests(text: string): string[] {
    return this.log
      .join('')
      .split('\n')
      .filter((line) => line.includes('http.request.method') && line.includes(text));
  }

  async stop(): Promise<void> {
    await endProcess(this.process.pid, 'SIGTERM');
  }

  async #untilUp(): Promise<void> {
    for (const deadline = performance.now() + 30_000; performance.now() < deadline; await delay(50)) {
      if (this.process.exitCode !== null) break;
      const answer = await fetch(`http://${this.name}/v2/`).catch(() => undefined);
      if (answer !== undefined) return;
    }
    throw new Error(`docker-registry did not start: ${this.log.join('')}`);
  }
}
