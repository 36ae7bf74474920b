import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../contract/index.js';
import { CONTRACT_VERSION, VERSION } from '../contract/index.js';
import { Config, describeConfig } from '../core/config/index.js';
import { Rpc } from '../core/rpc/index.js';
import { DoctorService } from '../host/index.js';
import { RepairService } from './repair.service.js';
import { DaemonLifetime } from './daemon-lifetime.js';

/** The daemon itself over RPC. */
@Controller()
export class SystemController {
  constructor(
    private readonly config: Config,
    private readonly doctor: DoctorService,
    private readonly repairs: RepairService,
    private readonly lifetime: DaemonLifetime,
  ) {}

  @Rpc('system.hello')
  async hello(_params: ParamsOf<'system.hello'>): Promise<ResultOf<'system.hello'>> {
    return {
      name: 'bangerd',
      version: VERSION,
      contract: CONTRACT_VERSION,
      pid: this.lifetime.pid,
      startedAt: this.lifetime.startedAt.toISOString(),
      mode: this.config.values.mode,
      stateDirectory: this.config.values.stateDirectory,
      features: [],
    };
  }

  @Rpc('system.doctor')
  async report(_params: ParamsOf<'system.doctor'>): Promise<ResultOf<'system.doctor'>> {
    return this.doctor.report();
  }

  @Rpc('system.config')
  async configuration(_params: ParamsOf<'system.config'>): Promise<ResultOf<'system.config'>> {
    return describeConfig(this.config);
  }

  @Rpc('system.repair.begin')
  async repair(_params: ParamsOf<'system.repair.begin'>): Promise<ResultOf<'system.repair.begin'>> {
    return this.repairs.begin();
  }

  @Rpc('system.stop')
  async stop(_params: ParamsOf<'system.stop'>): Promise<ResultOf<'system.stop'>> {
    this.lifetime.requestStop('asked for by a client');
    return { pid: this.lifetime.pid };
  }
}
