import { Injectable } from '@nestjs/common';
import { Config } from '../../../core/config/index.js';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';
import { HostProbe } from '../host-probe.js';

@Injectable()
export class DirectoriesCheck extends DoctorCheck {
  readonly id = 'directories';
  readonly title = 'state and runtime directories';

  constructor(
    private readonly config: Config,
    private readonly probe: HostProbe,
  ) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    const { stateDirectory, runtimeDirectory } = this.config.values;
    const problems = [
      ...(await this.#problems(stateDirectory, 'BANGER_STATE_DIR')),
      ...(await this.#problems(runtimeDirectory, 'BANGER_RUNTIME_DIR')),
    ];
    if (problems.length === 0) return { status: 'ok', detail: `${stateDirectory} and ${runtimeDirectory}` };
    return {
      status: 'fail',
      detail: problems.map(({ detail }) => detail).join('; '),
      fix: problems.map(({ fix }) => fix).join('; '),
    };
  }

  async #problems(path: string, variable: string): Promise<{ detail: string; fix: string }[]> {
    const { exists, writable, place } = await this.probe.inspectDirectory(path);
    if (!writable) {
      const detail = exists
        ? `${path} is not writable`
        : `${path} does not exist and ${place} is not writable`;
      return [{ detail, fix: `make ${place} writable for ${this.probe.userName()}, or set ${variable}` }];
    }
    if (this.config.values.mode !== 'root') return [];
    const closed = await this.probe.findUntraversable(path);
    // the directory itself is opened by the daemon when it starts
    if (closed === undefined || closed === path) return [];
    const detail = `${closed} does not let other users through to ${path}, and each VM runs as a user of its own`;
    return [{ detail, fix: `chmod o+x ${closed}, or set ${variable}` }];
  }
}
