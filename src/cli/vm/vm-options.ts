import { Option } from 'nest-commander';
import type { PublishedPort, VmCreateParams } from '../../contract/vm.dto.js';
import { BangerCommand } from '../command/banger-command.js';
import type { Invocation } from '../invocation.js';
import { UsageError } from '../usage-error.js';
import { addVariable, parseCount, parseMib, parsePublishedPort, parseVmName } from '../command/parse.js';

export interface VmCreateOptions {
  name?: string;
  image?: string;
  cpus?: number;
  memory?: number;
  disk?: number;
  env?: Record<string, string>;
  publish?: PublishedPort[];
}

/** The options that `vm run` and `vm create` share. */
export abstract class VmCreateBase<Options extends VmCreateOptions> extends BangerCommand<Options> {
  protected constructor(invocation: Invocation) {
    super(invocation);
  }

  @Option({ flags: '--name <name>', description: 'name of the VM; made up when left out' })
  parseName(value: string): string {
    return parseVmName('--name', value);
  }

  @Option({ flags: '--image <image>', description: 'image to start from (default: debian)' })
  parseImage(value: string): string {
    return value;
  }

  @Option({ flags: '--cpus <count>', description: 'virtual CPUs' })
  parseCpus(value: string): number {
    return parseCount('--cpus', value);
  }

  @Option({ flags: '--memory <size>', description: 'memory: 512m, 2g, or a number of MiB' })
  parseMemory(value: string): number {
    return parseMib('--memory', value);
  }

  @Option({ flags: '--disk <size>', description: 'size of the disk: 10g, or a number of MiB' })
  parseDisk(value: string): number {
    return parseMib('--disk', value);
  }

  @Option({
    flags: '--env <K=V>',
    description: 'variable for all its commands; K alone takes your value (repeatable)',
  })
  parseEnv(value: string, previous?: Record<string, string>): Record<string, string> {
    return addVariable(value, previous, this.invocation.facts.env);
  }

  @Option({
    flags: '-p, --publish <port>',
    description: 'reach a port of the VM here: [ADDRESS:]HOST:GUEST[/udp] (repeatable)',
  })
  parsePublish(value: string, previous: PublishedPort[] = []): PublishedPort[] {
    return [...previous, parsePublishedPort('--publish', value)];
  }

  /** The parameters that the options and PATH describe. */
  protected createParams(path: string | undefined, options: VmCreateOptions): VmCreateParams {
    return {
      ...(options.name !== undefined && { name: options.name }),
      ...(options.image !== undefined && { image: options.image }),
      ...(options.cpus !== undefined && { cpus: options.cpus }),
      ...(options.memory !== undefined && { memoryMib: options.memory }),
      ...(options.disk !== undefined && { diskMib: options.disk }),
      ...(options.env !== undefined && { env: options.env }),
      ...(options.publish !== undefined && { publishedPorts: options.publish }),
      ...(path !== undefined && { workspace: { path: this.absolute(path) } }),
    };
  }

  private absolute(path: string): string {
    if (path === '') throw new UsageError('PATH is empty', 'leave PATH out to go without a repository');
    return path.startsWith('/') ? path : `${this.invocation.facts.cwd}/${path}`;
  }
}
