import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished, vi } from 'vitest';
import { SystemClock } from '../../../../../src/core/clock/system-clock.adapter.js';
import type { Config, ConfigValues } from '../../../../../src/core/config/index.js';
import { NodeProcessRunner } from '../../../../../src/core/process/index.js';
import { Documents } from '../../../../../src/image/download/documents.js';
import { HttpDownloads } from '../../../../../src/image/download/http-downloads.adapter.js';
import type { Patience } from '../../../../../src/image/download/patience.js';
import { UndiciHttpClient } from '../../../../../src/image/download/undici-http-client.adapter.js';
import { DiskLayerCache } from '../../../../../src/image/oci/layer-cache.adapter.js';
import type { OciImage, PullProgress } from '../../../../../src/image/oci/oci-image.js';
import { OciSource } from '../../../../../src/image/oci/oci-source.js';
import { parseReference } from '../../../../../src/image/oci/reference.js';
import { RegistryCredentials } from '../../../../../src/image/oci/registry-credentials.js';
import { testConfig } from '../../../../support/fakes/test-config.js';

/** A network that is given up quickly. */
export const IMPATIENT: Patience = {
  connectMs: 2_000,
  stallMs: 400,
  minBytesPerStall: 1024,
  documentMs: 3_000,
  attempts: 3,
  backOffMs: 5,
  maxPauseMs: 1_000,
};

/** A directory that is gone after the test. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bgr-pull-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** What pulls images, with real files and a real network. Nobody is logged in anywhere unless the test says so. */
export class PullBench {
  private constructor(
    readonly config: Config,
    readonly cache: DiskLayerCache,
    readonly source: OciSource,
  ) {}

  static async open(
    directory: string,
    options: { patience?: Patience; registries?: Partial<ConfigValues['registries']>; home?: string } = {},
  ): Promise<PullBench> {
    const home = options.home ?? join(directory, 'no-home');
    for (const [name, value] of Object.entries({
      HOME: home,
      DOCKER_CONFIG: join(home, '.docker'),
      REGISTRY_AUTH_FILE: '',
      XDG_RUNTIME_DIR: join(home, 'run'),
      XDG_CONFIG_HOME: join(home, '.config'),
    }))
      vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const config = await testConfig({
      stateDirectory: join(directory, 'state'),
      registries: { mirrors: {}, insecure: [], ...options.registries },
    });
    const patience = options.patience ?? IMPATIENT;
    const http = new UndiciHttpClient(patience);
    onTestFinished(() => http.onApplicationShutdown());
    const clock = new SystemClock();
    const cache = new DiskLayerCache(config);
    const source = new OciSource(
      config,
      new Documents(http, clock, patience),
      new HttpDownloads(http, clock, patience),
      new RegistryCredentials(new NodeProcessRunner()),
      cache,
      pino({ enabled: false }),
    );
    return new PullBench(config, cache, source);
  }

  async pull(
    name: string,
    facts: { signal?: AbortSignal; onProgress?: (progress: PullProgress) => void } = {},
  ): Promise<OciImage> {
    return this.source.fetch(parseReference(name), {
      signal: facts.signal ?? new AbortController().signal,
      onProgress: facts.onProgress ?? (() => undefined),
    });
  }
}
