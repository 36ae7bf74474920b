import { Injectable } from '@nestjs/common';
import { credentialHelperEnvironment, registryCredentialFiles } from '../../core/config/index.js';
import { isKind } from '../../core/errors/index.js';
import { ProcessFailedError, ProcessRunner } from '../../core/process/index.js';
import { readSettingsFile } from '../../core/toml/index.js';
import { findCredential, parseHelperAnswer } from './docker-config.js';
import type { Credential } from './docker-config.js';
import { DocumentProblem } from './json-document.js';

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_HELPER_BYTES = 256 * 1024;
const HELPER_TIMEOUT_MS = 15_000;

export interface CredentialLookup {
  readonly credential?: Credential;
  /** why there may be one that could not be read, for the message if the registry denies; nothing secret */
  readonly trouble?: string;
}

/** What the user whom the daemon runs as is logged in to registries with, by Docker or Podman. Read anew for each pull. */
@Injectable()
export class RegistryCredentials {
  constructor(private readonly runner: ProcessRunner) {}

  /** Never fails but by the signal: who has no credential asks as anybody does. */
  async find(registry: string, repository: string, signal: AbortSignal): Promise<CredentialLookup> {
    const troubles: string[] = [];
    for (const path of registryCredentialFiles()) {
      const { credential, trouble } = await this.#inFile(path, { registry, repository }, signal);
      if (credential !== undefined) return { credential };
      if (trouble !== undefined) troubles.push(trouble);
    }
    return troubles.length === 0 ? {} : { trouble: troubles.join('; ') };
  }

  async #inFile(
    path: string,
    { registry, repository }: { registry: string; repository: string },
    signal: AbortSignal,
  ): Promise<CredentialLookup> {
    const file = readSettingsFile(path, MAX_FILE_BYTES);
    if ('missing' in file) return {};
    if ('problem' in file) return { trouble: `${path} could not be read: ${file.problem}` };
    try {
      const found = findCredential(Buffer.from(file.text), registry, repository);
      if (found === undefined) return {};
      return 'credential' in found ? found : await this.#askHelper(found.helper, found.server, signal);
    } catch (error) {
      if (error instanceof DocumentProblem) return { trouble: `${path} could not be read: ${error.message}` };
      throw error;
    }
  }

  async #askHelper(helper: string, server: string, signal: AbortSignal): Promise<CredentialLookup> {
    const program = `docker-credential-${helper}`;
    try {
      const { stdout } = await this.runner.run({
        file: program,
        args: ['get'],
        env: credentialHelperEnvironment(),
        stdin: server,
        signal,
        timeoutMs: HELPER_TIMEOUT_MS,
        maxOutputBytes: MAX_HELPER_BYTES,
      });
      const credential = parseHelperAnswer(stdout);
      return credential === undefined ? {} : { credential };
    } catch (error) {
      if (signal.aborted) throw error;
      const trouble = helperTrouble(error);
      return trouble === undefined ? {} : { trouble: `${program} ${trouble}` };
    }
  }
}

/** Of what a helper prints nothing is repeated: it may be a secret. */
function helperTrouble(error: unknown): string | undefined {
  if (error instanceof ProcessFailedError) {
    // the helpers' own words for "there is none"
    return error.stdout.includes('credentials not found')
      ? undefined
      : `failed with exit status ${error.details.exitCode}`;
  }
  if (isKind(error, 'HOST_BINARY_MISSING')) return 'is not installed';
  if (isKind(error, 'TIMEOUT')) return 'did not answer in time';
  return 'gave no answer that can be read';
}
